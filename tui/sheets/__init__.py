"""What the pages of facts say: from values of the backend to sheets. Pure."""
