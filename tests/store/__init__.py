"""The store: real SQLite in a temporary folder."""
