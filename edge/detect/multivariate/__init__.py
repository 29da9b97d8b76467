"""Many sensors judged together: what a machine does now against what it did in its first, healthy rows."""
