"""The terminal interface of certmgr."""
