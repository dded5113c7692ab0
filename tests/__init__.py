"""The specification of certmgr, as tests."""
