"""certmgr: an organisation's own certificate authority, run from a terminal."""

__version__ = "0.1.0"
