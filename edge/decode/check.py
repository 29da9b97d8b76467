"""What a database file is worth: how much of it is read, and every place that is not as it should be."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from edge.decode.database import Database, load_database
from edge.decode.layout import Fate, Remark
from edge.errors import ConfigError


class Verdict(IntEnum):
    """The exit status that says it."""

    WHOLE = 0
    """All of it is read."""
    IN_PART = 1
    """Something was repaired or skipped."""
    NOT_AT_ALL = 2


@dataclass(frozen=True, slots=True)
class Checked:
    """One file."""

    file: Path
    messages: int
    signals: int
    remarks: tuple[Remark, ...]
    error: str
    """Why nothing of it can be used; "": something can."""

    @property
    def verdict(self) -> Verdict:
        """How much of it can be used."""
        if self.error:
            return Verdict.NOT_AT_ALL
        return Verdict.IN_PART if self.remarks else Verdict.WHOLE

    def count(self, fate: Fate) -> int:
        """How many places met this fate."""
        return sum(remark.fate is fate for remark in self.remarks)

    def text(self) -> str:
        """For a terminal."""
        if self.error:
            return f"{self.error}\n"
        repaired, skipped = self.count(Fate.REPAIRED), self.count(Fate.SKIPPED)
        head = f"{self.file}: {self.messages} messages, {self.signals} signals; {repaired} repaired, {skipped} skipped"
        return "".join(f"{line}\n" for line in [head, *(f"  {_line(remark)}" for remark in self.remarks)])

    def as_json(self) -> dict[str, Any]:
        """For a program."""
        return {
            "file": str(self.file),
            "verdict": self.verdict.name.lower(),
            "loaded": {"messages": self.messages, "signals": self.signals},
            **{
                fate.value: [
                    {"line": one.line, "what": one.what, "reason": one.reason}
                    for one in self.remarks
                    if one.fate is fate
                ]
                for fate in Fate
            },
            "error": self.error,
        }


def check(file: Path) -> Checked:
    """Read a file with the mapping beside it, as the daemon would."""
    try:
        database = load_database(file)
    except ConfigError as error:
        return Checked(file, 0, 0, (), str(error))
    return _checked(database)


def report(files: Sequence[Checked], *, as_json: bool) -> str:
    """All of them."""
    if as_json:
        return json.dumps([one.as_json() for one in files], indent=1) + "\n"
    return "".join(one.text() for one in files)


def _checked(database: Database) -> Checked:
    return Checked(database.file, len(database.tables.root), len(database.signals), database.remarks, "")


def _line(remark: Remark) -> str:
    where = f"line {remark.line}: " if remark.line else ""
    return f"{where}{remark.fate}: {remark.what}: {remark.reason}"
