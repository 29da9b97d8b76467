"""The page in the cab: a small program of its own (extra `display`)."""
