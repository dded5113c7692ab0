"""The documentation, run as it is read."""
