"""Tables of trouble codes that the user brings: read line by line, kept as one file beside the state.

CSV (comma, semicolon or tab, under a header) and SQLite. Our own words stay first; the kept table speaks where there
are none, and for makers' own codes.
"""

import csv
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Final

from edge.codes.explain import GENERIC, Definitions
from edge.codes.structure import code_from_text
from edge.errors import ConfigError
from edge.files import Draft

KEPT_NAME: Final = "trouble-codes.jsonl"
FILE_BYTES_MAX: Final = 64 << 20
ROWS_MAX: Final = 200_000
TEXT_CHARS_MAX: Final = 500
"""A longer description is cut."""
MAKER_CHARS_MAX: Final = 40
LINE_BYTES_MAX: Final = 8 * TEXT_CHARS_MAX
"""Of the kept table; a character takes at most six bytes of JSON."""
BAD_NAMED_MAX: Final = 5
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "code": ("code", "dtc", "dtc_code", "fault_code", "trouble_code", "obd_code", "id"),
        "text": ("description", "meaning", "definition", "desc", "text", "title", "fault_description"),
        "maker": ("manufacturer", "maker", "make", "brand", "oem"),
        "locale": ("locale", "language", "lang"),
    }
)
"""What a column is for → the names it goes by, in small letters with underscores; the first that is there counts."""
_SQLITE_MAGIC: Final = b"SQLite format 3\0"
_NOBODY: Final = frozenset(("", GENERIC, "ANY", "ALL", "SAE", "ISO", "STANDARD"))

Rows = Iterator[tuple[int, Sequence[object]]]


@dataclass(slots=True)
class Brought:
    """What was read of a table, and what was not."""

    definitions: dict[tuple[str, str], str] = field(default_factory=dict)
    rows: int = 0
    bad: int = 0
    bad_first: list[str] = field(default_factory=list)
    """The first few bad rows, with line and reason."""
    repeated: int = 0
    """Rows about a code of a maker that an earlier row had; the earlier one stands."""
    foreign: int = 0
    """Rows in a language other than English."""
    cut: int = 0
    """Descriptions that were shortened."""

    def text(self) -> str:
        """What to tell the user."""
        makers = {maker for maker, _ in self.definitions} - {GENERIC}
        counts = {"bad": self.bad, "repeated": self.repeated, "not English": self.foreign, "shortened": self.cut}
        told = "".join(f", {count} {what}" for what, count in counts.items() if count)
        lines = [f"{len(self.definitions)} definitions of {len(makers)} makers and the standard{told}"]
        lines += [f"  {bad}" for bad in self.bad_first]
        lines += [f"  … and {self.bad - len(self.bad_first)} more bad rows"] if self.bad > len(self.bad_first) else []
        return "\n".join(lines) + "\n"


def read_table(file: Path) -> Brought:
    """Every sound definition of a CSV or SQLite file; bad rows cost themselves and are counted.

    Raises:
        ConfigError: it is missing, too large, has no such columns, or nothing in it can be used.
    """
    try:
        with file.open("rb") as stream:
            head = stream.read(len(_SQLITE_MAGIC))
        if file.stat().st_size > FILE_BYTES_MAX:
            raise ConfigError(f"larger than {FILE_BYTES_MAX >> 20} MiB", file=file, remedy="Split it")
        brought = _from_sqlite(file) if head == _SQLITE_MAGIC else _from_csv(file)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=file, remedy="Check the path") from error
    except (sqlite3.Error, csv.Error, UnicodeDecodeError) as error:
        remedy = "Give CSV in UTF-8 with a header, or SQLite"
        raise ConfigError(f"cannot be read: {error}", file=file, remedy=remedy) from error
    if not brought.definitions:
        first = f"; {brought.bad_first[0]}" if brought.bad_first else ""
        raise ConfigError(f"holds no definition that can be used{first}", file=file, remedy="Check its columns")
    return brought


def keep(brought: Brought, origin: Path, kept: Path) -> None:
    """Write the kept table, whole or not at all: a line about its origin, then one for each definition.

    Raises:
        EdgeError: nothing can be written there.
    """
    head = {"origin": origin.name, "definitions": len(brought.definitions), "rows": brought.rows, "bad": brought.bad}
    lines: Iterable[object] = (head, *([*key, text] for key, text in sorted(brought.definitions.items())))
    draft = Draft(kept)
    try:
        with draft.writing() as stream:
            stream.writelines(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)
        draft.commit()
    finally:
        draft.close()


def load_kept(kept: Path) -> Definitions:
    """The kept table; empty where none was imported.

    Raises:
        ConfigError: it is there and cannot be used.
    """
    try:
        with kept.open("rb") as stream:
            stream.readline(LINE_BYTES_MAX)
            rows = (json.loads(line) for line in islice(iter(lambda: stream.readline(LINE_BYTES_MAX), b""), ROWS_MAX))
            return {(str(maker), str(code)): str(text) for maker, code, text in rows}
    except FileNotFoundError:
        return {}
    except OSError as error:
        remedy = "Ask as the daemon's user, or name another table with --table"
        raise ConfigError(f"the imported table cannot be read: {error.strerror}", file=kept, remedy=remedy) from error
    except (ValueError, TypeError) as error:
        remedy = "Remove it, or import the table again"
        raise ConfigError("the imported table cannot be used", file=kept, remedy=remedy) from error


def _from_csv(file: Path) -> Brought:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        header = stream.readline(TEXT_CHARS_MAX * 10)
        separator = max(",;\t", key=header.count)
        names = next(csv.reader([header], delimiter=separator), [])
        reader = csv.reader(stream, delimiter=separator)
        return _gather(_places(names, file), ((reader.line_num + 1, row) for row in reader))


def _from_sqlite(file: Path) -> Brought:
    address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as base:
        tables = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        for table in tables:
            quoted = '"' + table.replace('"', '""') + '"'
            found = base.execute(f"SELECT * FROM {quoted}")  # nosec B608  # a name of the file's own, quoted
            names = [column[0] for column in found.description]
            if {"code", "text"} <= _found(names).keys():
                return _gather(_found(names), enumerate(found, 1))
    raise ConfigError("no table has a column for the code and one for its meaning", file=file, remedy=_names_text())


def _found(names: Sequence[str]) -> dict[str, int]:
    """What each column that we know is for → its place."""
    plain = [name.strip().lower().replace(" ", "_").replace("-", "_") for name in names]
    return {
        use: plain.index(name)
        for use, known in COLUMNS.items()
        if (name := next((one for one in known if one in plain), None)) is not None
    }


def _places(names: Sequence[str], file: Path) -> dict[str, int]:
    places = _found(names)
    if not {"code", "text"} <= places.keys():
        problem = "its first line names no column for the code, or none for its meaning"
        raise ConfigError(problem, file=file, place="line 1", remedy=_names_text())
    return places


def _names_text() -> str:
    return f"Call them {COLUMNS['code'][0]} and {COLUMNS['text'][0]} (and {COLUMNS['maker'][0]})"


def _gather(places: Mapping[str, int], rows: Rows) -> Brought:
    brought = Brought()
    for number, row in rows:
        if not row:
            continue
        if brought.rows >= ROWS_MAX:
            raise ConfigError(f"more than {ROWS_MAX} rows", remedy="Split the table")
        brought.rows += 1
        try:
            _take(brought, {use: str(row[place] or "").strip() for use, place in places.items() if place < len(row)})
        except ValueError as error:
            brought.bad += 1
            if len(brought.bad_first) < BAD_NAMED_MAX:
                brought.bad_first.append(f"line {number}: {error}"[:200])
    return brought


def _take(brought: Brought, cells: Mapping[str, str]) -> None:
    """Add one row.

    Raises:
        ValueError: it is bad.
    """
    code = code_from_text(cells.get("code", ""))
    text, maker = (" ".join(cells.get(use, "").split()) for use in ("text", "maker"))
    maker = maker.upper()
    if code.failure_type is not None:
        raise ValueError(f"{code} has a failure type, which a definition has not")
    if not text:
        raise ValueError(f"{code} has no meaning")
    if len(maker) > MAKER_CHARS_MAX:
        raise ValueError(f"{code} has a maker of {len(maker)} letters")
    if not cells.get("locale", "en").lower().startswith("en"):
        brought.foreign += 1
        return
    key = (GENERIC if maker in _NOBODY else maker, code.text)
    if key in brought.definitions:
        brought.repeated += 1
        return
    brought.cut += len(text) > TEXT_CHARS_MAX
    brought.definitions[key] = text[:TEXT_CHARS_MAX]
