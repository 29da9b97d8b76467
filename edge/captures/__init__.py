"""Captures: raw frames around a trigger, cut from the ring and kept part by part, so that no crash costs all of one."""

from edge.captures.capturing import Capturing

__all__ = ["Capturing"]
