"""What several databases say against each other: ids that two claim on one bus, paths that two give."""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Final

from edge.decode.compiled import ANY_SENDER, Form, Tables
from edge.decode.database import Database
from edge.decode.decoder import Binding
from edge.decode.layout import pgn_of
from edge.errors import ConfigError
from edge.signals import Signal

NAMES_MAX: Final = 5
"""Told one by one; how many more there are is said."""
NOTES_MAX: Final = 20
MAPPED: Final = "Vehicle."
KINDS: Final = ((Form.STANDARD, "id", 3), (Form.EXTENDED, "id", 8), (Form.J1939, "PGN", 4))
"""Each with what it is called and its hexadecimal digits."""

Source = tuple[Path, Signal]


def notes_on(bindings: Sequence[Binding]) -> list[str]:
    """What the installer should know of databases that are used together; the one given first wins an id.

    Raises:
        ConfigError: two of them give a path in two units.
    """
    pairs = [(one, other) for one, other in combinations(bindings, 2) if one.database is not other.database]
    notes = [note for one, other in pairs if _share_a_bus(one, other) for note in _claimed_twice(one, other)]
    notes += _given_twice(list({id(one.database): one.database for one in bindings}.values()))
    more = len(notes) - NOTES_MAX
    return notes if more <= 0 else [*notes[:NOTES_MAX], f"and {more} more of that kind"]


def _share_a_bus(one: Binding, other: Binding) -> bool:
    return one.applies(other.bus) or other.applies(one.bus)


def _claimed_twice(one: Binding, other: Binding) -> Iterator[str]:
    """Ids and parameter groups that both have."""
    where = f" on {one.bus or other.bus}" if one.bus or other.bus else ""
    first, second = _named(one.database.file, other.database.file)
    for form, what, digits in KINDS:
        both = _known(one.database.tables, form) & _known(other.database.tables, form)
        if both:
            some = _some({identifier for identifier, _ in both}, what, digits)
            yield f"{first} and {second} have {some} both{where}: {first} is given first and wins"
    yield from _claimed_by_id(one.database.tables, other.database.tables, first, second, where)
    yield from _claimed_by_id(other.database.tables, one.database.tables, second, first, where)


def _claimed_by_id(ids: Tables, groups: Tables, name: str, other: str, where: str) -> Iterator[str]:
    """Ids of one of which the other has the parameter group: a whole id goes before a group."""
    known = _ids(groups, Form.J1939)
    both = {identifier for identifier in _ids(ids, Form.EXTENDED) if pgn_of(identifier) in known}
    if both:
        yield f"{name} has {_some(both, 'id', 8)}{where}, {other} the PGN: frames of that very id are {name}'s"
    of_anybody = {group for group, sender in _known(groups, Form.J1939) if sender == ANY_SENDER}
    both = {group for group, sender in _known(ids, Form.J1939) if sender != ANY_SENDER} & of_anybody
    if both:
        some = _some(both, "PGN", 4)
        yield f"{name} has {some}{where} by sender, {other} of anybody: frames of those senders are {name}'s"


def _known(tables: Tables, form: int) -> set[tuple[int, int]]:
    """Id or parameter group, and sender."""
    these = tables.form == form
    return set(zip(tables.id[these].tolist(), tables.sender[these].tolist(), strict=True))


def _ids(tables: Tables, form: int) -> set[int]:
    return {identifier for identifier, _ in _known(tables, form)}


def _given_twice(databases: Sequence[Database]) -> Iterator[str]:
    """Paths that come from more than one database: history keeps one value of each."""
    sources: dict[str, list[Source]] = {}
    for database in databases:
        for signal in database.signals:
            sources.setdefault(signal.path, []).append((database.file, signal))
    shared = {path: found for path, found in sources.items() if len({id(file) for file, _ in found}) > 1}
    for path, found in shared.items():
        if path.startswith(MAPPED):
            _must_be_in_one_unit(path, found)
            yield f"{path} is mapped from {_places(found)}: every sample counts, the latest stands"
    plain = [path for path in shared if not path.startswith(MAPPED)]
    if plain:
        names = f"{', '.join(plain[:NAMES_MAX])}{_and_more(len(plain))}"
        yield f"signals without a mapping have one name in two databases ({names}): map those that are needed apart"


def _must_be_in_one_unit(path: str, found: Sequence[Source]) -> None:
    file, first = found[0]
    for other_file, other in found[1:]:
        if other.unit != first.unit:
            raise ConfigError(
                f"{path} is mapped in {other.unit!r} here, and in {first.unit!r} from {_place((file, first))}",
                file=other_file,
                place=f"{other.message}.{other.source_name}",
                remedy="Give both one unit in their mappings, and convert with factor and offset",
            )


def _places(found: Sequence[Source]) -> str:
    return f"{' and '.join(map(_place, found[:NAMES_MAX]))}{_and_more(len(found))}"


def _place(source: Source) -> str:
    file, signal = source
    return f"{signal.message}.{signal.source_name} of {file.name}"


def _some(ids: Collection[int], what: str, digits: int) -> str:
    names = ", ".join(f"{identifier:0{digits}X}" for identifier in sorted(ids)[:NAMES_MAX])
    return f"{what} {names}{_and_more(len(ids))}"


def _and_more(count: int) -> str:
    return f" and {count - NAMES_MAX} more" if count > NAMES_MAX else ""


def _named(one: Path, other: Path) -> tuple[str, str]:
    """By name, where that tells them apart."""
    name: Callable[[Path], str] = str if one.name == other.name else lambda file: file.name
    return name(one), name(other)
