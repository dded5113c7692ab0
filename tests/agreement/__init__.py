"""The agreement, rule by rule: each test shows one rule at work over the real operations and the command line."""
