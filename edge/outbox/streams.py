"""Whose outbox this is, and its three streams: their names and numbers, which are never used twice."""

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

from edge.outbox.file import Unusable
from edge.wire.envelope import STREAM, StreamClass

RandomHex = Callable[[int], str]
"""n → 2n hex digits that nobody else has (`secrets.token_hex`)."""


def settle(db: sqlite3.Connection, path: Path, vehicle: str, random_hex: RandomHex) -> str:
    """Give a new file its streams and its owner; 16 hex digits born with the file.

    Raises:
        Unusable: it is another vehicle's, or its streams cannot be gone on with.
    """
    streams = [(stream_class, _new_name(stream_class, random_hex)) for stream_class in StreamClass]
    db.executemany("INSERT OR IGNORE INTO stream (class, name, next_seq) VALUES (?, ?, 1)", streams)
    owner = [("vehicle", vehicle), ("born", random_hex(8))]
    db.executemany("INSERT OR IGNORE INTO identity VALUES (?, ?)", owner)
    identity = dict(db.execute("SELECT name, value FROM identity"))
    if identity["vehicle"] != vehicle:
        raise Unusable(path, "foreign", f"belongs to the vehicle {identity['vehicle']}")
    if not _are_sound(db):
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
    [taken] = db.execute(
        "UPDATE stream SET next_seq = next_seq + 1 WHERE class = ? RETURNING name, next_seq - 1", (stream_class,)
    ).fetchall()
    return str(taken[0]), int(taken[1])


def begin_anew(db: sqlite3.Connection, stream_class: StreamClass, random_hex: RandomHex) -> None:
    """A new name for a class, under which numbers begin at 1 again."""
    name = _new_name(stream_class, random_hex)
    db.execute("UPDATE stream SET name = ?, next_seq = 1 WHERE class = ?", (name, stream_class))


def forget(db: sqlite3.Connection, stream_class: StreamClass, ranges: Iterable[tuple[int, int]]) -> int:
    """Delete what has these numbers; how many messages that were."""
    return sum(
        db.execute("DELETE FROM message WHERE class = ? AND seq BETWEEN ? AND ?", (stream_class, first, last)).rowcount
        for first, last in ranges
    )


def _are_sound(db: sqlite3.Connection) -> bool:
    """Whether there is one well-named stream per class, and none would give a number again that still waits."""
    found = db.execute(
        "SELECT class, name, next_seq, (SELECT max(seq) FROM message WHERE message.class = stream.class) FROM stream"
    ).fetchall()
    return {row[0] for row in found} == set(StreamClass) and all(
        STREAM.fullmatch(name) and name.startswith(stream_class) and next_seq > (last or 0)
        for stream_class, name, next_seq, last in found
    )


def _new_name(stream_class: StreamClass, random_hex: RandomHex) -> str:
    return f"{stream_class}-{random_hex(8)}"
