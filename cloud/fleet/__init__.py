"""Vehicles: which there are, which are heard, what they report, where they drove."""
