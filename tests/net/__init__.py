"""Tests of certmgr.net and certmgr.files: what leaves the home."""
