"""Folders that tests of one process share, and that are gone when it has run its last."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

_FOLDERS: Final[list[TemporaryDirectory[str]]] = []


def folder_for_the_run() -> Path:
    """A new folder, there until the tests are over."""
    _FOLDERS.append(TemporaryDirectory(prefix="telltale-test-"))
    return Path(_FOLDERS[-1].name)


def remove_folders() -> None:
    """Remove them. A worker of the tests does not end as other programs do, so somebody has to say when."""
    while _FOLDERS:
        _FOLDERS.pop().cleanup()
