"""can-isotp, which imports python-can, loaded as `edge/bus/library.py` loads that: without the reader of MF4."""

import logging

from edge.bus.library import absent

__all__ = ["isotp"]

with absent("asammdf"):
    import isotp

logging.getLogger("isotp").setLevel(logging.CRITICAL)
"""It has a line for every frame that is wrong; they are counted instead."""
