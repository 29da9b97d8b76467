"""Power cuts: a machine that writes alerts loses its power at any moment, and what it had called durable is there."""
