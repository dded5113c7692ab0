"""What is left when something breaks."""
