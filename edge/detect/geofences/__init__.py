"""Geofences: places that a vehicle enters and leaves, judged no finer than the receiver can tell. Pure."""
