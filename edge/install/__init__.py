"""Installing: what makes a box of a machine with this software on it, and unmakes it again."""
