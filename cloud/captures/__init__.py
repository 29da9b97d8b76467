"""Captures: the raw frames around a trigger, kept part by part, and read as frames again."""
