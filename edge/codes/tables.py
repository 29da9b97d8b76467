"""The tables of this room: tab-separated lines that a person can review, read once when first asked for.

A line may stand for a row of codes: `P0301..P0312` counts in decimal, `{n}` in the words counts along from 1, and
`{low / high}` says one for each.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from edge.codes.severity import SEVERITIES, Severity
from edge.codes.structure import Origin, code_from_text

FOLDER: Final = Path(__file__).parent
COMPONENTS: Final = frozenset(
    (
        *("air", "airbag", "battery", "body", "brakes", "charging", "cooling", "drive_motor", "electrics", "emissions"),
        *("engine", "exhaust", "fuel", "ignition", "network", "oil", "traction_battery", "transmission", "tyres"),
    )
)
"""Words for what is broken: those of rules and of the cloud's knowledge base, and some that neither has yet."""
_ROW: Final = re.compile(r"([PCBU]\d{2,4})\.\.([PCBU]\d{2,4})")
_CHOICE: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a code, or of a parameter of J1939."""

    meaning: str
    severity: Severity
    component: str
    note: str = ""
    """What to do or to know first; of a parameter its unit."""


@cache
def generic_codes() -> Mapping[str, Entry]:
    """The generic codes (SAE J2012-DA) by their text, sorted.

    Raises:
        ValueError: a line of the table is wrong; names it.
    """
    entries: dict[str, Entry] = {}
    for number, (codes, *cells) in _lines(FOLDER / "generic.tsv"):
        for code, entry in _spread(codes, *cells):
            if code in entries or (entries and code < next(reversed(entries))):
                raise ValueError(f"generic.tsv, line {number}: {code} is not in order")
            if code_from_text(code).origin is Origin.MAKER:
                raise ValueError(f"generic.tsv, line {number}: {code} is a maker's own")
            entries[code] = entry
    return MappingProxyType(entries)


@cache
def spns() -> Mapping[int, Entry]:
    """The parameters of SAE J1939 by their number, sorted; an entry's severity is that of the worst failure.

    Raises:
        ValueError: a line of the table is wrong; names it.
    """
    entries: dict[int, Entry] = {}
    for number, (spn, *cells) in _lines(FOLDER / "spns.tsv"):
        if entries and int(spn) <= next(reversed(entries)):
            raise ValueError(f"spns.tsv, line {number}: {spn} is not in order")
        entries[int(spn)] = _entry(*cells)
    return MappingProxyType(entries)


def _lines(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Number and five cells of each line that says something."""
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        if line.startswith("#"):
            continue
        cells = line.split("\t")
        if not 4 <= len(cells) <= 5:
            raise ValueError(f"{file.name}, line {number}: {len(cells)} cells where 4 or 5 belong")
        try:
            _entry(*cells[1:])
        except ValueError as error:
            raise ValueError(f"{file.name}, line {number}: {error}") from error
        yield number, cells


def _entry(severity: str, component: str, meaning: str, note: str = "") -> Entry:
    if component not in COMPONENTS:
        raise ValueError(f"{component!r} is no component")
    for known in SEVERITIES:
        if known == severity:
            return Entry(meaning, known, component, note)
    raise ValueError(f"{severity!r} is no severity")


def _spread(codes: str, severity: str, component: str, meaning: str, note: str = "") -> Iterator[tuple[str, Entry]]:
    """A line's codes, each with its own words."""
    if (row := _ROW.fullmatch(codes)) is None:
        yield codes, _entry(severity, component, meaning, note)
        return
    first, last = (int(end[1:]) for end in row.groups())
    letter, count = codes[0], last - first + 1
    for place in range(count):
        words = _CHOICE.sub(lambda found, place=place: _choose(found[1], place, count), meaning)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        yield f"{letter}{first + place:04d}", _entry(severity, component, words, note)


def _choose(choice: str, place: int, count: int) -> str:
    """The words at a place of a row."""
    if choice == "n":
        return str(place + 1)
    words = choice.split(" / ")
    if len(words) != count:
        raise ValueError(f"{len(words)} choices for {count} codes: {choice}")
    return words[place]
