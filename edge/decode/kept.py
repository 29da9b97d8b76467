"""Compiled databases kept beside the state: a start that finds its database there parses and compiles nothing.

A kept one is found by a hash over everything that it was made of: the bytes of the database and of its mapping, the
catalogue, and the version of what compiles. It ends with a hash over itself, so whatever is wrong with it, it is made
anew.
"""

import hashlib
import io
import json
import logging
import zipfile
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Final

import numpy as np

from edge import catalogue
from edge.decode.compile import VERSION
from edge.decode.compiled import Tables
from edge.decode.database import Database, load_database, mapping_beside
from edge.decode.layout import Fate, Remark
from edge.errors import ConfigError, EdgeError
from edge.files import Draft
from edge.signals import Signal

KEPT_MAX: Final = 32
"""Files: the ones that were used longest ago go first."""
FOLDER: Final = "compiled"
_BYTES_MAX: Final = 64 * 1024 * 1024
_HASH_BYTES: Final = hashlib.sha256().digest_size
_META: Final = "meta"
_COLUMNS: Final = tuple(one.name for one in fields(Signal))
"""In the order in which a signal takes them."""

log = logging.getLogger(__name__)


def load_kept(file: Path, mapping_file: Path | None, state: Path, *, is_shared: bool = False) -> Database:
    """A database with its mapping, from what is kept under `state` where it is there, else read and then kept.

    Raises:
        ConfigError: as `load_database`.
    """
    folder = state / FOLDER
    try:
        kept = folder / f"{_hash(file, mapping_file, is_shared=is_shared)}.npz"
        found = _read(kept, file)
    except OSError:  # the database cannot be read: whoever reads it says so in words
        return load_database(file, mapping_file, is_shared=is_shared)
    if found is None:
        found = load_database(file, mapping_file, is_shared=is_shared)
        _keep(kept, found)
    return found


def _hash(file: Path, mapping_file: Path | None, *, is_shared: bool) -> str:
    mapping = mapping_beside(file, mapping_file)
    kinds = f"{file.suffix.lower()} {mapping.suffix.lower() if mapping else ''} {is_shared}"
    made_of = hashlib.sha256(f"{VERSION} {kinds} {sorted(catalogue.CATALOGUE.items())}".encode())
    for content in (file.read_bytes(), b"" if mapping is None else b"mapped" + mapping.read_bytes()):
        made_of.update(len(content).to_bytes(8, "big") + content)
    return made_of.hexdigest()


def _read(kept: Path, file: Path) -> Database | None:
    """What is kept; None: nothing that can be used."""
    try:
        if kept.stat().st_size > _BYTES_MAX:
            return None
        with np.load(io.BytesIO(_as_written(kept.read_bytes())), allow_pickle=False) as arrays:
            meta = json.loads(arrays[_META].tobytes())
            tables = Tables.unpacked(arrays)
        *columns, labels = [meta["signals"][name] for name in _COLUMNS]
        signals = tuple(Signal(*one) for one in zip(*columns, map(dict, labels), strict=True))
        messages = tuple(meta["messages"])
        remarks = tuple(Remark(**{**one, "fate": Fate(one["fate"])}) for one in meta["remarks"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        log.warning("%s is damaged (%s) and made anew", kept, error)
        return None
    with suppress(OSError):
        kept.touch()
    return Database(file, signals, tables, remarks, messages)


def _as_written(content: bytes) -> bytes:
    """A file without the hash at its end, when that is the file's own.

    Raises:
        ValueError: it is not; zip files have room for damages that their own checks do not see.
    """
    written, its_hash = content[:-_HASH_BYTES], content[-_HASH_BYTES:]
    if hashlib.sha256(written).digest() != its_hash:
        raise ValueError("it is not what was written")
    return written


def _keep(kept: Path, database: Database) -> None:
    """Write it; a state that cannot be written to costs the next start a second, no more."""
    meta = {
        "signals": {name: [getattr(one, name) for one in database.signals] for name in _COLUMNS}
        | {"labels": [list(one.labels.items()) for one in database.signals]},
        "remarks": [asdict(one) for one in database.remarks],
        "messages": database.messages,
    }
    content = io.BytesIO()
    text = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    np.savez(content, **{**database.tables.packed(), _META: text})  # type: ignore[arg-type]  # its stubs take no names
    try:
        kept.parent.mkdir(exist_ok=True)
        draft = Draft(kept)
        try:
            with draft.writing() as stream:
                stream.write(content.getbuffer())
                stream.write(hashlib.sha256(content.getbuffer()).digest())
            draft.commit()
        finally:
            draft.close()
        _forget_the_oldest(kept.parent)
    except (OSError, ConfigError, EdgeError) as error:
        log.info("the compiled database is not kept: %s", error)


def _forget_the_oldest(folder: Path) -> None:
    files = sorted(folder.glob("*.npz"), key=lambda one: one.stat().st_mtime, reverse=True)
    for file in files[KEPT_MAX:]:
        file.unlink(missing_ok=True)
