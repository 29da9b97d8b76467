"""python-can, loaded without the reader of MF4 that no bus needs.

Where asammdf is installed (the extra `mf4`), `import can` loads it, and with it pandas: two and a half CPU seconds of
every program that only wants a bus. Whoever reads MF4 loads asammdf first; then nothing is kept from python-can.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["can"]


@contextmanager
def absent(name: str) -> Iterator[None]:
    """For a while a library looks as if it were not installed, unless it is loaded already."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # what the import system takes for "there is none"
    try:
        yield
    finally:
        del sys.modules[name]


with absent("asammdf"):
    import can
