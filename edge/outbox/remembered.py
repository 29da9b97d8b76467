"""What the daemon remembers beside the messages: a value by name, sealed."""

import sqlite3
from collections.abc import Mapping
from typing import Final

from edge.outbox.seals import seal

_KEEP: Final = """INSERT INTO remembered VALUES (?, ?, ?) ON CONFLICT (name)
    DO UPDATE SET value = excluded.value, seal = excluded.seal
    WHERE (value, seal) IS NOT (excluded.value, excluded.seal)"""
"""What is remembered already is not written again."""


def keep(db: sqlite3.Connection, values: Mapping[str, bytes]) -> None:
    """Remember these from now on."""
    db.executemany(_KEEP, [(name, value, seal(name, value)) for name, value in values.items()])
