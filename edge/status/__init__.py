"""What the daemon says of itself once a second to whoever stands beside the box: a file in memory, and its readers."""
