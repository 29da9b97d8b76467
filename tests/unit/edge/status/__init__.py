"""What the daemon says of itself, and how it is read."""
