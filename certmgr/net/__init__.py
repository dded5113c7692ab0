"""What leaves the home: files for servers and relying parties, and the network."""
