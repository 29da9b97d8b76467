"""Folders on a file system in memory, where the daemon tells its status."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from edge.status.place import is_in_memory

SHARED_MEMORY: Final = Path("/dev/shm")  # where Linux has one for everybody


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """A new folder; skips the test where there is none in memory."""
    if not SHARED_MEMORY.is_dir() or not is_in_memory(SHARED_MEMORY):
        pytest.skip(f"{SHARED_MEMORY} is not in memory here")
    with TemporaryDirectory(prefix="telltale-test-", dir=SHARED_MEMORY) as folder:
        yield Path(folder)
