"""Whether an outbox is whole: the file, its tables, every message, numbers and totals."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from edge.outbox.file import Unusable
from edge.outbox.rows import is_whole
from edge.outbox.seals import is_sealed
from edge.outbox_inside import Inside, looking
from edge.wire.codec import decode
from edge.wire.envelope import STREAM, StreamClass
from edge.wire.topics import Address, Kind

PROBLEMS_NAMED_MAX: Final = 20
_TOTALS: Final = (
    (
        "SELECT kind, messages, bytes FROM held WHERE messages OR bytes",
        "SELECT kind, count(*), sum(length(payload)) FROM message GROUP BY 1",
    ),
    (
        "SELECT class, messages, bytes FROM stream WHERE messages OR bytes",
        "SELECT class, count(*), sum(length(payload)) FROM message GROUP BY 1",
    ),
)
"""What the file says that waits, and what does."""
_SEALED: Final = {
    "the stream": "SELECT seal, class, name, next_seq FROM stream",
    "a loss of": "SELECT seal, stream, cause, first, last, observed_at, clock FROM gap",
    "what is remembered as": "SELECT seal, name, value FROM remembered",
}
"""What has a seal: it first, then what it is over."""


@dataclass(slots=True)
class Checked:
    """What a check found."""

    messages: int = 0
    problems: int = 0
    named: list[str] = field(default_factory=list)
    """The first of them."""

    def add(self, problem: str) -> None:
        """Count a problem, and name it if it is among the first."""
        self.problems += 1
        if self.problems <= PROBLEMS_NAMED_MAX:
            self.named.append(problem)

    def text(self) -> str:
        """For a terminal."""
        more = self.problems - len(self.named)
        lines = [*self.named, *([f"… and {more:,} more"] if more else [])]
        if self.problems:
            lines.append("A start of the daemon sets a damaged file aside, and gives up single messages as gaps")
        else:
            lines.append(f"whole: {self.messages:,} messages")
        return "\n".join(lines) + "\n"


def check(path: Path) -> Checked:
    """Everything that can be held against something else.

    Raises:
        ConfigError: there is no outbox, or it cannot be read.
    """
    told = Checked()
    try:
        with looking(path) as inside:
            for row in inside.ask("PRAGMA integrity_check"):
                problem = str(row["integrity_check"])
                if problem != "ok":
                    told.add(f"{path}: {' '.join(problem.split())}")
            form = inside.is_of_this_form
            if form is False:
                told.add(f"{path}: its tables are not what they were")
            with inside.at_one_moment():
                _check_numbers(inside, path, told)
                if form:
                    _check_totals(inside, path, told)
                    _check_seals(inside, path, told)
            _check_messages(inside, path, told)
    except Unusable as why:
        told.add(f"{path}: {why.problem}")
    return told


def _check_numbers(inside: Inside, path: Path, told: Checked) -> None:
    query = "SELECT class, name, next_seq, (SELECT max(seq) FROM message m WHERE m.class = s.class) AS last"
    found = list(inside.ask(f"{query} FROM stream s"))
    if {row["class"] for row in found} != set(StreamClass):
        told.add(f"{path}: its streams are not alert, record and bulk")
    for row in found:
        name = str(row["name"])
        if not (STREAM.fullmatch(name) and name.startswith(f"{row['class']}-")):
            told.add(f"{path}: {row['class']}: {name!r} is no name of such a stream")
        following, last = row["next_seq"], row["last"] or 0
        if not (isinstance(following, int) and isinstance(last, int) and following > last):
            told.add(f"{path}: {name}: number {following} is next, though {last} waits already")


def _check_totals(inside: Inside, path: Path, told: Checked) -> None:
    for kept, counted in _TOTALS:
        differing = {tuple(row.values()) for row in inside.ask(kept)} ^ {
            tuple(row.values()) for row in inside.ask(counted)
        }
        for one in sorted({str(name) for name, *_ in differing}):
            told.add(f"{path}: {one}: the total is not what waits; the next start of the daemon counts anew")


def _check_seals(inside: Inside, path: Path, told: Checked) -> None:
    for what, query in _SEALED.items():
        for row in inside.ask(query):
            crc, *values = row.values()
            if not is_sealed(crc, *values):
                told.add(f"{path}: {what} {values[0]}: is not what was written")


def _check_messages(inside: Inside, path: Path, told: Checked) -> None:
    vehicle = {str(row["value"]) for row in inside.ask("SELECT value FROM identity WHERE name = 'vehicle'")}
    for row in inside.messages():
        told.messages += 1
        if (problem := _problem(row, vehicle)) is not None:
            told.add(f"{path}: {row['name']}, number {row['seq']}: {problem}")


def _problem(row: Mapping[str, Any], vehicles: Collection[str]) -> str | None:
    kind, seq = row["kind"], row["seq"]
    if kind not in set(Kind) or not is_whole(seq, kind, row["crc"], row["payload"]):
        return "is not what was written"
    try:
        [vehicle] = vehicles
        uplink = decode(Address("any", vehicle).up(Kind(kind)), row["payload"])
    except ValueError as error:
        return f"cannot be understood: {error}"
    if (uplink.stream, uplink.seq) != (row["name"], seq):
        return f"says that it is {uplink.stream}, number {uplink.seq}"
    return None
