"""Real file systems of a few megabytes, to be filled and taken away from those who write."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

KINDS = ("tmpfs", "ext4")
BLOCK = 4096


@contextmanager
def small_disk(kind: str, folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own below `folder`; skips the test where it cannot be mounted."""
    place = folder / "disk"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    if kind == "tmpfs":
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(place)]
    else:
        image = folder / "disk.img"
        with image.open("wb") as file:
            file.truncate(megabytes << 20)
        made = _ran("mkfs.ext4", "-q", "-m", "0", "-b", str(BLOCK), str(image))
        if made:
            pytest.skip(f"mkfs.ext4 cannot be run: {made}")
        mount = ["mount", "-o", "loop", str(image), str(place)]
    if failed := _ran(*mount):
        pytest.skip(f"{kind} cannot be mounted: {failed}")
    try:
        yield place
    finally:
        unmounted = _ran("umount", str(place))
        assert not unmounted, unmounted


def fill(disk: Path, *, leave: int = 0) -> None:
    """Have somebody else take all but so many bytes."""
    with (disk / "filler").open("ab", buffering=0) as file:
        while (free := free_bytes(disk)) > leave:
            try:
                file.write(bytes(min(max(free - leave, 1), 64 * 1024)))
            except OSError:
                return


def free_up(disk: Path) -> None:
    """Take back what `fill` took."""
    (disk / "filler").unlink()


def free_bytes(disk: Path) -> int:
    """What an ordinary user may still write."""
    told = os.statvfs(disk)
    return told.f_bavail * told.f_frsize


def remount(disk: Path, how: str) -> None:
    """`ro` or `rw`."""
    failed = _ran("mount", "-o", f"remount,{how}", str(disk))
    assert not failed, failed


def _ran(*command: str) -> str:
    """What went wrong; empty when nothing did."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except OSError as error:
        return str(error.strerror)
    return (done.stderr.strip() or str(done.returncode)) if done.returncode else ""
