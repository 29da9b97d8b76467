"""Setting a box up, step by step."""
