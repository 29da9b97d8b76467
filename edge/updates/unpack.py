"""Unpacking: an archive becomes the files of a slot, or is refused before anything of it is believed.

Nothing in it is more than it says, and what it says is bounded: the directory at its end, how many files there are, how
large they become. Names are of known places; there are no links, no folders of their own, no way out of the slot.
"""

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final

from edge.errors import EdgeError
from edge.updates.disk import Disk
from edge.wire.bundles import BUNDLE_BYTES_MAX

FILES_MAX: Final = 2000
UNPACKED_BYTES_MAX: Final = 4 * BUNDLE_BYTES_MAX
NAME_MAX: Final = 200
_PART: Final = r"[A-Za-z0-9_][A-Za-z0-9._+-]*"
ALLOWED: Final = re.compile(
    rf"edge\.toml|rules/{_PART}\.toml|profiles(?:/{_PART})+|models/{_PART}(?:/{_PART})+|dbc/{_PART}"
)
"""Names that a file may have."""
_END: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
"""The record at the end of an archive without a comment (APPNOTE 6.3.10, 4.3.16)."""
_LOCATOR: Final = b"PK\x06\x07"
_LOCATOR_BYTES: Final = 20
"""Before it, where there is a second directory for large archives (4.3.15), which none of ours needs."""
_ENTRY_BYTES_MAX: Final = 46 + NAME_MAX + 200
"""Of the directory (4.3.12): its head, the name, and what packers add."""
_READ_BYTES: Final = 256 * 1024
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, NotImplementedError)
"""What the library raises of an archive that it cannot read."""


class BadArchive(EdgeError):
    """It is no bundle; says why."""


def unpack(archive: Path, folder: Path, disk: Disk) -> None:
    """Have a folder that holds what the archive does and nothing else, which outlives a power cut.

    Raises:
        BadArchive: it is none.
        OSError: the disk refuses; what is in the folder is of no use.
    """
    with archive.open("rb") as stream:
        _check_end(stream)
        try:
            with zipfile.ZipFile(stream) as opened:
                entries = opened.infolist()
                _check(entries)
                disk.clear(folder)
                disk.make(folder)
                for entry in entries:
                    _write(opened, entry, folder, disk)
        except _DAMAGED as error:
            raise BadArchive(f"the archive cannot be read: {error}") from error
    for inner in _folders(entries):
        disk.keep_names(folder / inner)
    disk.keep_names(folder)
    disk.keep_names(folder.parent)


def unpacked_bytes(archive: Path) -> int:
    """How much an archive becomes, as it says itself; 0: it cannot be read.

    Raises:
        OSError: the disk refuses.
    """
    with archive.open("rb") as stream:
        try:
            _check_end(stream)
            with zipfile.ZipFile(stream) as opened:
                return sum(entry.file_size for entry in opened.infolist())
        except (BadArchive, *_DAMAGED):
            return 0


def _write(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, disk: Disk) -> None:
    """One file, piece by piece; the library holds it against its size and checksum."""
    file = folder / entry.filename
    disk.make(file.parent)
    offset = 0
    with opened.open(entry) as content:
        block = content.read(_READ_BYTES)
        while block or not offset:
            disk.append(file, offset, block)
            offset += len(block)
            if not block or offset > entry.file_size:
                break
            block = content.read(_READ_BYTES)
    if offset != entry.file_size:
        raise BadArchive(f"{entry.filename}: it has another size than the archive says")


def _check_end(stream: IO[bytes]) -> None:
    """Before the library reads the directory: it is where it should be, and of bounded size."""
    length = stream.seek(0, 2)
    stream.seek(max(length - _END_BYTES - _LOCATOR_BYTES, 0))
    tail = stream.read()
    end, locator = tail[-_END_BYTES:], tail[:-_END_BYTES]
    stream.seek(0)
    if len(end) < _END_BYTES or not end.startswith(_END) or end[-2:] != b"\0\0":
        raise BadArchive("it is no zip archive, or something stands behind it")
    directory, offset = (int.from_bytes(end[at : at + 4], "little") for at in (12, 16))
    if locator.startswith(_LOCATOR) or directory + offset != length - _END_BYTES:
        raise BadArchive("the directory of the archive is not where it should be")
    if directory > FILES_MAX * _ENTRY_BYTES_MAX:
        raise BadArchive(f"it holds more than {FILES_MAX} files")


def _check(entries: Sequence[zipfile.ZipInfo]) -> None:
    if len(entries) > FILES_MAX:
        raise BadArchive(f"it holds {len(entries)} files, and {FILES_MAX} are the most")
    for entry in entries:
        _check_entry(entry)
    names = [entry.filename for entry in entries]
    folders = set(_folders(entries))
    if len({name.lower() for name in names}) < len(names) or folders & set(names):
        raise BadArchive("two files in it have one name")
    if sum(entry.file_size for entry in entries) > UNPACKED_BYTES_MAX:
        raise BadArchive(f"unpacked it is larger than {UNPACKED_BYTES_MAX} bytes")


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename[:NAME_MAX]
    is_known = len(entry.orig_filename) <= NAME_MAX and ALLOWED.fullmatch(entry.orig_filename)
    if not is_known or entry.orig_filename != entry.filename:
        raise BadArchive(f"{name!r} has no place in a bundle")
    if stat.S_IFMT(entry.external_attr >> 16) not in {0, stat.S_IFREG}:
        raise BadArchive(f"{name!r} is a link, or something else that is no file")
    if entry.flag_bits & 1 or entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise BadArchive(f"{name!r} is encrypted, or packed in a way that is not known here")


def _folders(entries: Sequence[zipfile.ZipInfo]) -> Iterator[str]:
    """Every folder in it, the innermost first."""
    parts = [entry.filename.split("/")[:-1] for entry in entries]
    every = {tuple(one[:depth]) for one in parts for depth in range(1, len(one) + 1)}
    yield from ("/".join(one) for one in sorted(every, key=len, reverse=True))
