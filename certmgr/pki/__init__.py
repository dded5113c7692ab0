"""X.509: keys, requests, certificates and CRLs as bytes and models; no file, no clock, no store."""
