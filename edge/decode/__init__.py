"""Databases → tables → named signals."""
