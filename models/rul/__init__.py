"""Remaining useful life from any run-to-failure table."""
