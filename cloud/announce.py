"""A file that tells others where the service is, there exactly as long as it is."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cloud.errors import ConfigError


def check_announce(file: Path | None) -> None:
    """Find out before anything starts whether it can be written.

    Raises:
        ConfigError: its folder is not there or may not be written.
    """
    if file is None:
        return
    folder = file.absolute().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise ConfigError("there is no such folder to write in", file=folder, place="--announce", remedy="Make it")
    if file.is_dir():
        raise ConfigError("is a folder", file=file, place="--announce", remedy="Name a file")


@contextmanager
def announced(file: Path | None, *, api: str, broker: str) -> Iterator[None]:
    """Have `{"api", "broker", "pid"}` in the file inside the block; whoever sees the file sees all of it."""
    if file is None:
        yield
        return
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    unfinished.write_text(json.dumps({"api": api, "broker": broker, "pid": os.getpid()}) + "\n", encoding="utf-8")
    unfinished.replace(file)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
