"""Many vehicles at once: the list that somebody wrote, and the file of their codes."""

import csv
import io
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from cloud.errors import ConfigError

if TYPE_CHECKING:
    from edge.wire.enrolment import ClaimCode
    from edge.wire.topics import Address

VEHICLES_MAX: Final = 1000
"""Of one list."""
_BYTES_MAX: Final = 1024 * 1024
_VEHICLE: Final = "vehicle"
_FLEET: Final = "fleet"
_WRITTEN: Final = (_FLEET, _VEHICLE, "code", "ends_at", "command")
Made = TypeVar("Made")


def read_list(file: Path, fleet: str) -> "list[Address]":
    """The vehicles of a CSV file with a column `vehicle` and perhaps one `fleet`; who names none is in `fleet`.

    Raises:
        ConfigError: it cannot be read, or a line of it cannot be used: then none is.
    """
    rows = csv.DictReader(io.StringIO(_text(file), newline=""), strict=True)
    try:
        columns = tuple(rows.fieldnames or ())
        if _VEHICLE not in columns or not set(columns) <= {_VEHICLE, _FLEET} or len(set(columns)) < len(columns):
            remedy = f"Begin it with a line of column names: {_VEHICLE}, and {_FLEET} where it is not always {fleet!r}"
            raise ConfigError(
                f"its columns are {', '.join(columns) or 'none'}", file=file, place="line 1", remedy=remedy
            )
        found: dict[Address, int] = {}
        for row in rows:
            address = _address(file, rows.line_num, row, fleet)
            if address in found:
                problem = f"{address.fleet}/{address.vehicle} stands in line {found[address]} already"
                raise ConfigError(problem, file=file, place=f"line {rows.line_num}", remedy="Take one away")
            found[address] = rows.line_num
            if len(found) > VEHICLES_MAX:
                raise ConfigError(f"more than {VEHICLES_MAX} vehicles", file=file, remedy="Make several lists of it")
    except csv.Error as error:
        remedy = "Write it as a spreadsheet writes CSV"
        raise ConfigError(f"no CSV ({error})", file=file, place=f"line {rows.line_num}", remedy=remedy) from error
    if not found:
        raise ConfigError("there is no vehicle in it", file=file, remedy="Write one a line")
    return list(found)


def write_codes(
    file: Path,
    make: "Callable[[], Sequence[tuple[Address, ClaimCode, datetime]]]",
    command_of: "Callable[[ClaimCode], str]",
) -> int:
    """Make codes and write them into a new file that only its owner may read; how many there are.

    The file is there before any code is made: without it they would be lost.

    Raises:
        ConfigError: the file is there already, or cannot be written.
    """
    try:
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConfigError("is there already", file=file, place="--out", remedy="Name a file that is not") from error
    except OSError as error:
        remedy = "Name a file that can be written"
        raise ConfigError(f"cannot be written ({error.strerror})", file=file, place="--out", remedy=remedy) from error
    try:
        with os.fdopen(opened, "w", encoding="utf-8", newline="") as out:
            made = make()
            out.write(_table((a.fleet, a.vehicle, str(c), ends.isoformat(), command_of(c)) for a, c, ends in made))
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        file.unlink(missing_ok=True)
        problem = f"the codes could not be written ({error.strerror}), and nobody has them"
        raise ConfigError(problem, file=file, place="--out", remedy="Make room and run it again: new ones") from error
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return len(made)


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _BYTES_MAX:
            raise ConfigError(f"has more than {_BYTES_MAX} bytes", file=file, remedy="Make several lists of it")
        return file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not UTF-8"
        raise ConfigError(f"cannot be read ({why})", file=file, place="--from", remedy="Name a CSV file") from error


def _address(file: Path, line: int, row: "dict[str | None, str | list[str] | None]", fleet: str) -> "Address":
    from edge.wire.errors import WireError  # noqa: PLC0415  # pydantic
    from edge.wire.topics import Address  # noqa: PLC0415  # the same

    named = {name: "" if value is None else str(value).strip() for name, value in row.items()}
    if None in row:
        raise ConfigError("more columns than names", file=file, place=f"line {line}", remedy="Correct it there")
    try:
        return Address(named.get(_FLEET) or fleet, named[_VEHICLE])
    except WireError as error:
        raise ConfigError(error.detail, file=file, place=f"line {line}", remedy="Correct it there") from error


def _table(rows: Iterable[Sequence[str]]) -> str:
    written = io.StringIO(newline="")
    table = csv.writer(written, lineterminator="\n")
    table.writerow(_WRITTEN)
    table.writerows(rows)
    return written.getvalue()
