"""The command line over a real home."""
