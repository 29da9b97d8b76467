"""What a bundle's archive may be, and what is in it. Pure.

A zip archive of some files in known places, and nothing else: no links, no folders of their own, no names that lead
elsewhere, nothing before it or behind it. Whether rules fire rightly and models answer rightly is found out by the
vehicle; what no vehicle could use is refused here, before anybody signs it.
"""

import io
import re
import stat
import tomllib
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cloud.bundles.rules import check_rules
from cloud.errors import Refused
from edge.wire.bundles import BUNDLE_BYTES_MAX
from edge.wire.overlay import refused_of

FILES_MAX: Final = 2000
UNPACKED_BYTES_MAX: Final = 4 * BUNDLE_BYTES_MAX
TOML_BYTES_MAX: Final = 2_000_000
NAME_LENGTH_MAX: Final = 200
PLACES: Final = "edge.toml, rules/*.toml, profiles/…, models/<name>/…, dbc/*"
REPACK: Final = "Pack the folder with `telltale-cloud bundle add`"
_OVERLAY: Final = "edge.toml"
_RULES: Final = "rules/"
_PART: Final = r"[A-Za-z0-9_][A-Za-z0-9._+-]*"
_ALLOWED: Final = re.compile(
    rf"edge\.toml|rules/{_PART}\.toml|profiles(?:/{_PART})+|models/{_PART}(?:/{_PART})+|dbc/{_PART}"
)
_END: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
"""Of the record at the end of a zip archive without a comment (APPNOTE 6.3.10, 4.3.16)."""
_LARGE_LOCATOR: Final = b"PK\x06\x07"
_LARGE_LOCATOR_BYTES: Final = 20
_ENTRY_BYTES_MAX: Final = 46 + NAME_LENGTH_MAX + 200
"""In the directory (4.3.12): head, name, and what packers add of times and owners."""
_READ_BYTES: Final = 256 * 1024
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError)
"""What the library says of an archive that it cannot read."""


@dataclass(frozen=True, slots=True)
class File:
    """A file in a bundle."""

    name: str
    size: int
    """Bytes when it is unpacked."""


def check(content: bytes) -> Sequence[File]:
    """The files of an archive that a vehicle can be given, by name.

    Raises:
        Refused: it is none; with the place and what to do.
    """
    if len(content) > BUNDLE_BYTES_MAX:
        raise Refused(f"the archive has {len(content)} bytes, and {BUNDLE_BYTES_MAX} are the most. Leave something out")
    _check_end(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_entries(entries)
            for entry in entries:
                _check_content(archive, entry)
    except _DAMAGED as error:
        raise Refused(f"the archive cannot be read ({error}). {REPACK}") from error
    return tuple(sorted((File(entry.filename, entry.file_size) for entry in entries), key=lambda file: file.name))


def check_name(name: str) -> None:
    """Let pass the name of a file that a bundle may have.

    Raises:
        Refused: it may not.
    """
    if len(name) > NAME_LENGTH_MAX or not _ALLOWED.fullmatch(name):
        raise Refused(f"{name[:NAME_LENGTH_MAX]!r} has no place in a bundle. It may hold {PLACES}")


def check_toml(name: str, content: bytes) -> None:
    """Let pass what can be read, where a file's name says that it is TOML, and rules that are written as rules are.

    Raises:
        Refused: it cannot.
    """
    if not name.endswith(".toml"):
        return
    if len(content) > TOML_BYTES_MAX:
        raise Refused(f"{name}: {len(content)} bytes, and {TOML_BYTES_MAX} are the most. Split it")
    try:
        text = content.decode()
        tables = tomllib.loads(text)
    except ValueError as error:  # also bytes that are no text, and numbers of thousands of digits
        raise Refused(f"{name}: no TOML ({error}). Correct it there") from error
    except RecursionError as error:
        raise Refused(f"{name}: no TOML that anybody reads (nested too deep). Correct it there") from error
    if name.startswith(_RULES):
        check_rules(name, text)
    if name == _OVERLAY:
        for place in refused_of(tables):
            raise Refused(f"{name}: {place}: may not be set by a bundle. Leave it out: it is the installer's to set")


def check_tree(names: Sequence[str]) -> None:
    """Let pass names that can lie beside each other in one folder.

    Raises:
        Refused: one is there twice, or a file and a folder at the same time; or there is none, or there are too many.
    """
    if not names:
        raise Refused(f"there is nothing in it. A bundle may hold {PLACES}")
    if len(names) > FILES_MAX:
        raise Refused(f"there are {len(names)} files in it, and {FILES_MAX} are the most. Leave something out")
    twice = [name for name, count in Counter(name.lower() for name in names).items() if count > 1]
    if twice:
        raise Refused(f"{min(twice)!r} is there twice (large and small letters are the same). Leave one out")
    folders = {"/".join(name.split("/")[:depth]) for name in names for depth in range(1, name.count("/") + 1)}
    both = sorted(folders & set(names))
    if both:
        raise Refused(f"{both[0]!r} is a file and a folder. Rename one")


def _check_end(content: bytes) -> None:
    """Let pass an archive with a directory of bounded size at its end, so that reading it fills no memory."""
    end = content[-_END_BYTES:]
    if len(end) < _END_BYTES or not end.startswith(_END) or end[-2:] != b"\0\0":
        raise Refused(f"no zip archive, or something stands behind it. {REPACK}")
    directory, offset = (int.from_bytes(end[at : at + 4], "little") for at in (12, 16))
    locator = content[-_END_BYTES - _LARGE_LOCATOR_BYTES : -_END_BYTES]
    if locator.startswith(_LARGE_LOCATOR) or directory + offset != len(content) - _END_BYTES:
        raise Refused(f"the archive's directory is not where it should be. {REPACK}")
    if directory > FILES_MAX * _ENTRY_BYTES_MAX:
        raise Refused(f"there are more than {FILES_MAX} files in it. Leave something out")


def _check_entries(entries: Sequence[zipfile.ZipInfo]) -> None:
    for entry in entries:
        if entry.orig_filename != entry.filename:
            raise Refused(f"{entry.filename[:NAME_LENGTH_MAX]!r} has another name on other systems. Rename it")
        check_name(entry.filename)
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in {0, stat.S_IFREG}:
            raise Refused(f"{entry.filename}: a link or something else that is no file. Put the file itself there")
        if entry.flag_bits & 1:
            raise Refused(f"{entry.filename}: encrypted. Pack it without a password")
        if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise Refused(f"{entry.filename}: packed in a way that vehicles do not know. {REPACK}")
    check_tree([entry.filename for entry in entries])
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > UNPACKED_BYTES_MAX:
        told = f"unpacked it has {unpacked} bytes, and {UNPACKED_BYTES_MAX} are the most"
        raise Refused(f"{told}. Leave something out")


def _check_content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Read it to its end, which compares its checksum; the library gives no more than the size that was declared."""
    is_toml = entry.filename.endswith(".toml")
    kept = bytearray()
    with archive.open(entry) as file:
        while block := file.read(_READ_BYTES):
            if is_toml and len(kept) <= TOML_BYTES_MAX:
                kept += block
    check_toml(entry.filename, bytes(kept))
