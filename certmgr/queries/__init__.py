"""What certmgr knows, for whoever shows it: reads that change nothing."""
