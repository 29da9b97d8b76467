"""The doctor: what keeps a box from its work, each cause by itself, and what an installer can do about it."""
