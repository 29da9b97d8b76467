"""Who is told of what, once, and until somebody has seen it."""
