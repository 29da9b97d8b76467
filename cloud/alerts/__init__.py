"""Alerts as the vehicles tell them, in whatever order they come."""
