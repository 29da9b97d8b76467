"""Receivers: where the box is, as gpsd or a receiver on a serial line tells it."""
