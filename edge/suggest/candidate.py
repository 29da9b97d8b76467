"""Databases that may be a vehicle's: read as the daemon reads them, with what cannot be read told and not fatal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from edge.decode.compile import Conversion, compiled
from edge.decode.compiled import ANY_SENDER, Tables
from edge.decode.database import BESIDE, mapping_beside, read_layouts
from edge.decode.layout import MessageLayout
from edge.decode.mapping import Mapping, load_mapping
from edge.decode.protocol import distinct, suspicions, with_protocol
from edge.decode.routes import of_group
from edge.errors import ConfigError

ENDINGS: Final = frozenset({".dbc", ".kcd", ".sym", ".arxml", ".cdd"})
"""What in a folder is taken for a database."""


@dataclass(frozen=True)
class Candidate:
    """One database, its values as the file scales them."""

    file: Path
    messages: tuple[MessageLayout, ...]
    tables: Tables
    is_taken_for_j1939: bool = False
    """It looks like J1939 and does not say so: its mapping must, for the daemon to know its messages by PGN."""

    @cached_property
    def _by_id(self) -> dict[tuple[bool, int], int]:
        return {(one.extended, one.id): place for place, one in enumerate(self.messages) if not one.j1939}

    @cached_property
    def _by_group(self) -> dict[tuple[int, int], int]:
        return {
            (one.pgn, ANY_SENDER if one.sender is None else one.sender): place
            for place, one in enumerate(self.messages)
            if one.j1939
        }

    def place_of(self, extended: bool, identifier: int) -> int | None:
        """Which of its messages an id is; None: none."""
        place = self._by_id.get((extended, identifier))
        return of_group(self._by_group, identifier) if place is None and extended else place


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that nothing can be used of."""

    file: Path
    reason: str


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The files as given, and every database in the folders given, each once.

    Raises:
        ConfigError: there is nothing of that name, or a folder holds no database.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise ConfigError("there is no such file or folder", file=path, remedy="Check the path given as --dbc")
        within = sorted(one for one in path.rglob("*") if one.suffix.lower() in ENDINGS) if path.is_dir() else [path]
        if not within:
            kinds = ", ".join(sorted(ENDINGS))
            raise ConfigError("holds no database", file=path, remedy=f"Name a folder with files of {kinds}")
        found.update(dict.fromkeys(within))
    return list(found)


def read_candidates(files: Sequence[Path]) -> tuple[list[Candidate], list[Unread]]:
    """All that can be read, and what cannot."""
    candidates: list[Candidate] = []
    unread: list[Unread] = []
    for file in files:
        try:
            candidates.append(_read(file))
        except ConfigError as error:
            unread.append(Unread(file, str(error)))
    return candidates, unread


def _read(file: Path) -> Candidate:
    beside = mapping_beside(file, None)
    mapping = Mapping(file, {}) if beside is None else load_mapping(beside)
    given = with_protocol(read_layouts(file).messages, mapping, file.name)
    is_taken = not mapping.can and bool(suspicions(given, file.with_suffix(BESIDE).name))
    messages, _ = distinct([replace(one, j1939=one.extended) for one in given] if is_taken else given)
    tables, _ = compiled(messages, [Conversion()] * sum(1 for _ in _signals(messages)))
    return Candidate(file, messages, tables, is_taken)


def _signals(messages: Sequence[MessageLayout]) -> Iterator[object]:
    return (signal for message in messages for signal in message.signals)
