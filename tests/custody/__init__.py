"""Tests of certmgr.custody: keys at rest."""
