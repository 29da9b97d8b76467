"""Whose outbox this is, and its three streams: their names and numbers, which are never used twice."""

import re
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from edge.outbox.file import Unusable
from edge.outbox.seals import is_sealed, seal
from edge.wire.envelope import STREAM, StreamClass

_BORN: Final = re.compile(r"[0-9a-f]{16}")
RandomHex = Callable[[int], str]
"""n → 2n hex digits that nobody else has (`secrets.token_hex`)."""


def settle(db: sqlite3.Connection, path: Path, vehicle: str, random_hex: RandomHex) -> str:
    """Give a new file its streams and its owner; 16 hex digits born with the file.

    Raises:
        Unusable: it is another vehicle's, or its streams cannot be gone on with.
    """
    streams = [(stream_class, _new_name(stream_class, random_hex)) for stream_class in StreamClass]
    new = [(stream_class, name, seal(stream_class, name, 1)) for stream_class, name in streams]
    db.executemany("INSERT OR IGNORE INTO stream (class, name, next_seq, seal) VALUES (?, ?, 1, ?)", new)
    owner = [("vehicle", vehicle), ("born", random_hex(8))]
    db.executemany("INSERT OR IGNORE INTO identity VALUES (?, ?)", owner)
    identity = dict(db.execute("SELECT name, value FROM identity"))
    if identity["vehicle"] != vehicle:
        raise Unusable(path, "foreign", f"belongs to the vehicle {identity['vehicle']}")
    if not _are_sound(db) or not _BORN.fullmatch(str(identity["born"])):
        raise Unusable(path, "damaged", "is damaged (its streams are not what they were)")
    return str(identity["born"])


def time_kept(db: sqlite3.Connection) -> str | None:
    """What `keep_time` was given last."""
    found = db.execute("SELECT value FROM identity WHERE name = 'time'").fetchone()
    return None if found is None else str(found[0])


def keep_time(db: sqlite3.Connection, text: str | None) -> None:
    """Keep where the outbox's own time is; None: as it is."""
    if text is not None:
        db.execute("INSERT OR REPLACE INTO identity VALUES ('time', ?)", (text,))


def class_of(db: sqlite3.Connection, name: str) -> StreamClass | None:
    """The class whose stream has this name now; None when no stream has."""
    found = db.execute("SELECT class FROM stream WHERE name = ?", (name,)).fetchone()
    return None if found is None else StreamClass(found[0])


def take_number(db: sqlite3.Connection, stream_class: StreamClass) -> tuple[str, int]:
    """The name of a class's stream and its next number, which nobody gets again."""
    name, seq = db.execute("SELECT name, next_seq FROM stream WHERE class = ?", (stream_class,)).fetchone()
    _write(db, stream_class, str(name), int(seq) + 1)
    return str(name), int(seq)


def next_number(db: sqlite3.Connection, stream_class: StreamClass) -> int:
    """The number that the next message of a class gets."""
    [seq] = db.execute("SELECT next_seq FROM stream WHERE class = ?", (stream_class,)).fetchone()
    return int(seq)


def begin_anew(db: sqlite3.Connection, stream_class: StreamClass, random_hex: RandomHex) -> None:
    """A new name for a class, under which numbers begin at 1 again."""
    _write(db, stream_class, _new_name(stream_class, random_hex), 1)


def forget(db: sqlite3.Connection, stream_class: StreamClass, ranges: Iterable[tuple[int, int]]) -> int:
    """Delete what has these numbers; how many messages that were."""
    return sum(
        db.execute("DELETE FROM message WHERE class = ? AND seq BETWEEN ? AND ?", (stream_class, first, last)).rowcount
        for first, last in ranges
    )


def _write(db: sqlite3.Connection, stream_class: StreamClass, name: str, next_seq: int) -> None:
    db.execute(
        "UPDATE stream SET name = ?, next_seq = ?, seal = ? WHERE class = ?",
        (name, next_seq, seal(stream_class, name, next_seq), stream_class),
    )


def _are_sound(db: sqlite3.Connection) -> bool:
    """Whether there is one well-named stream per class, and none would give a number again that still waits."""
    found = db.execute(
        """SELECT class, name, next_seq, seal, (SELECT max(seq) FROM message WHERE message.class = stream.class)
        FROM stream"""
    ).fetchall()
    return {row[0] for row in found} == set(StreamClass) and all(
        STREAM.fullmatch(name)
        and name.startswith(stream_class)
        and is_sealed(crc, stream_class, name, next_seq)
        and next_seq > (last or 0)
        for stream_class, name, next_seq, crc, last in found
    )


def _new_name(stream_class: StreamClass, random_hex: RandomHex) -> str:
    return f"{stream_class}-{random_hex(8)}"
