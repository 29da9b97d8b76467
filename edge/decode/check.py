"""What a database file is worth: how much of it is read, and every place that is not as it should be."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from edge.decode.conflicts import notes_on
from edge.decode.database import Database, load_database
from edge.decode.decoder import Binding
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
        return Verdict.IN_PART if self.count(Fate.REPAIRED) + self.count(Fate.SKIPPED) else Verdict.WHOLE

    def count(self, fate: Fate) -> int:
        """How many places met this fate."""
        return sum(remark.fate is fate for remark in self.remarks)

    def text(self) -> str:
        """For a terminal."""
        if self.error:
            return f"{self.error}\n"
        repaired, skipped = self.count(Fate.REPAIRED), self.count(Fate.SKIPPED)
        head = f"{self.file}: {self.messages} messages, {self.signals} signals; {repaired} repaired, {skipped} skipped"
        if doubtful := self.count(Fate.DOUBTFUL):
            head = f"{head}, {doubtful} doubtful"
        return "".join(f"{line}\n" for line in [head, *(f"  {remark.text}" for remark in self.remarks)])

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


def check(files: Sequence[Path]) -> list[Checked]:
    """Read files with the mappings beside them, as the daemon would that has them all on one bus.

    What a file says against those before it stands among its own remarks.
    """
    checked: list[Checked] = []
    read: list[Binding] = []
    for file in files:
        try:
            read.append(Binding(load_database(file)))
            checked.append(_checked(read[-1].database, _against(read)))
        except ConfigError as error:
            checked.append(Checked(file, 0, 0, (), str(error)))
    return checked


def report(files: Sequence[Checked], *, as_json: bool) -> str:
    """All of them."""
    if as_json:
        return json.dumps([one.as_json() for one in files], indent=1) + "\n"
    return "".join(one.text() for one in files)


def _checked(database: Database, remarks: Sequence[Remark]) -> Checked:
    return Checked(database.file, len(database.tables.root), len(database.signals), (*database.remarks, *remarks), "")


def _against(read: Sequence[Binding]) -> list[Remark]:
    """Of the last one, against each before it."""
    last = read[-1]
    notes = [
        (one, note) for one in read[:-1] if one.database.file != last.database.file for note in notes_on([one, last])
    ]
    return [Remark(0, Fate.DOUBTFUL, f"beside {one.database.file.name}", note) for one, note in notes]
