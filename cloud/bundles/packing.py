"""A folder becomes a bundle's archive: sorted names, one time for all files, so the same folder gives the same bytes.

Packed by the same version of zlib, that is; another one may find shorter bytes for the same files.
"""

import io
import zipfile
from pathlib import Path
from typing import Final

from cloud.bundles.archive import UNPACKED_BYTES_MAX, check, check_name, check_toml, check_tree
from cloud.errors import ConfigError, Refused

_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip archive can name."""
_MODE: Final = 0o100644
_UNIX: Final = 3


def pack(folder: Path) -> bytes:
    """The archive of a folder, checked.

    Raises:
        ConfigError: something in it has no place in a bundle, or cannot be read; with the file and what to do.
    """
    try:
        names = _names(folder)
        check_tree(names)
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name in names:
                content = (folder / name).read_bytes()
                check_toml(name, content)
                archive.writestr(_entry(name), content)
        check(written.getvalue())
    except Refused as error:
        raise ConfigError(str(error), file=folder) from error
    except OSError as error:
        remedy = "Make it readable, or leave it out"
        raise ConfigError(f"cannot be read ({error.strerror})", file=error.filename or folder, remedy=remedy) from error
    return written.getvalue()


def _names(folder: Path) -> list[str]:
    """Of all files in it, sorted; each has a place in a bundle, and together they are not too much to read."""
    names, size = [], 0
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise Refused(f"{name}: a link. Put the file itself there")
        if path.is_dir():
            continue
        check_name(name)
        size += path.stat().st_size
        names.append(name)
    if size > UNPACKED_BYTES_MAX:
        raise Refused(f"it has {size} bytes, and {UNPACKED_BYTES_MAX} are the most. Leave something out")
    return sorted(names)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.create_system = _UNIX
    entry.external_attr = _MODE << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
