"""What a profile says about counters and checksums of messages (schemes.py), found in the databases."""

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from edge.decode.checksums import BitField
from edge.decode.database import Database
from edge.decode.decoder import GuardedMessage
from edge.decode.integrity import Guard
from edge.decode.schemes import SCHEMES, IntegrityEntry
from edge.errors import ConfigError

BITS_MAX: Final = 16


def guarded(entries: Sequence[IntegrityEntry], databases: Sequence[Database], place: Path) -> Iterator[GuardedMessage]:
    """The guards of the entries, in each database that has the message; `place` is where the entries are written.

    Raises:
        ConfigError: no database has the message or a signal, or one cannot be a counter or checksum.
    """
    for entry in entries:
        found = [one for one in databases if entry.message in one.messages]
        if not found:
            names = {name for one in databases for name in one.messages}
            raise _missing("no database has this message", entry.message, names, place)
        for database in found:
            yield _guarded(entry, database, place)


def _guarded(entry: IntegrityEntry, database: Database, place: Path) -> GuardedMessage:
    message = database.messages.index(entry.message)
    counter = None if entry.counter is None else _field(database, entry.message, entry.counter, place)
    checksum = None if entry.checksum is None else _field(database, entry.message, entry.checksum, place)
    scheme = SCHEMES[entry.scheme] if isinstance(entry.scheme, str) else entry.scheme
    if checksum is not None and scheme is not None and scheme.kind == "crc8" and not checksum.is_byte:
        problem = f"{entry.checksum} is not a whole byte, as a CRC of 8 bits is"
        raise ConfigError(problem, file=place, place=f"integrity of {entry.message}", remedy="Name another signal")
    length = int(database.tables.length[message])
    return GuardedMessage(database, message, Guard(length, counter, checksum, scheme))


def _field(database: Database, message: str, name: str, place: Path) -> BitField:
    signals = {one.source_name: row for row, one in enumerate(database.signals) if one.message == message}
    if name not in signals:
        raise _missing(f"{message} has no signal {name}", name, set(signals), place)
    tables, row = database.tables, signals[name]
    bits, end = int(tables.bits[row]), int(tables.end[row])
    if bits > BITS_MAX or end > int(tables.length[database.messages.index(message)]):
        problem = f"{name} has {bits} bits up to byte {end}: that is no counter or checksum of {message}"
        raise ConfigError(problem, file=place, place=f"integrity of {message}", remedy="Name another signal")
    return BitField(int(tables.begin[row]), bits, bool(tables.big[row]))


def _missing(problem: str, name: str, names: set[str], place: Path) -> ConfigError:
    near = difflib.get_close_matches(name, names, n=1)
    remedy = f"Did you mean {near[0]}?" if near else "Names are those of the database"
    return ConfigError(problem, file=place, place=f"integrity of {name}", remedy=remedy)
