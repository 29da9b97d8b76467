"""can-isotp, which imports python-can, loaded as `edge/bus/library.py` loads that: without the reader of MF4."""

from edge.bus.library import absent

__all__ = ["isotp"]

with absent("asammdf"):
    import isotp
