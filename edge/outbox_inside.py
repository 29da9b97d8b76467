"""What lies in an outbox, for a person: listed and exported. It is only read, a little at a time.

Each look is one short transaction, so a daemon that writes meanwhile is kept from nothing; what comes and goes between
two looks may be in one and not in the other.
"""

import base64
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edge.errors import ConfigError
from edge.outbox.file import is_of_this_form, reading_only
from edge.outbox.rows import is_whole
from edge.wire import blocks
from edge.wire.envelope import STREAM_OF, StreamClass
from edge.wire.errors import WireError
from edge.wire.topics import Kind

if TYPE_CHECKING:
    from sqlite_utils import Database

    from edge.outbox.file import Connection

FILE: Final = "outbox.db"
"""Its name in the state."""
_AT_ONCE: Final = 200
_KINDS: Final = """SELECT kind, count(*) AS messages, sum(length(payload)) AS bytes, min(id) AS oldest,
    max(id) AS newest FROM message GROUP BY kind"""
_NEXT: Final = """SELECT id, name, class, seq, kind, crc, payload FROM message JOIN stream USING (class)
    WHERE id > ? ORDER BY id LIMIT ?"""
_ONE: Final = "SELECT seq, kind, crc, payload FROM message WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Held:
    """What waits of a kind."""

    kind: str
    messages: int
    bytes: int
    oldest_at: str | None
    """When the first of them was observed, as the message says; None: it is damaged."""
    newest_at: str | None


@dataclass(frozen=True, slots=True)
class Stream:
    """How far a stream is."""

    name: str
    next_seq: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Listing:
    """What an outbox holds."""

    vehicle: str
    kinds: Sequence[Held]
    streams: Sequence[Stream]
    lost: Mapping[str, int]
    """`<cause>.<kind>` since the file was born."""
    untold_ranges: int
    """Losses that no gap message tells of yet, as ranges of numbers."""
    form: str | None = None
    """What is to be known of its tables; None: they are as they should be."""

    def as_json(self) -> str:
        """For a program."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    def text(self) -> str:
        """For a terminal."""
        lines = [f"vehicle   {self.vehicle}", *([f"note      {self.form}"] if self.form else [])]
        lines += [f"{held.kind:<10}{held.messages:>9,}  {held.bytes:>13,} bytes  {_span(held)}" for held in self.kinds]
        total = sum(held.messages for held in self.kinds)
        lines.append(f"{'in all':<10}{total:>9,}  {sum(held.bytes for held in self.kinds):>13,} bytes")
        lines += [f"stream    {one.name}: next {one.next_seq:,}, waiting {one.waiting:,}" for one in self.streams]
        lines += [f"lost      {name} {count:,}" for name, count in self.lost.items()] or ["lost      nothing"]
        if self.untold_ranges:
            lines.append(f"untold    {self.untold_ranges:,} ranges of losses; the link tells them when it is up")
        return "\n".join(lines) + "\n"


def kinds_of(names: Collection[str]) -> frozenset[Kind]:
    """Kinds by their names; of none, all.

    Raises:
        ConfigError: one is no kind.
    """
    for name in names:
        if name not in set(Kind):
            raise ConfigError(f"{name!r} is no kind", place="--kind", remedy=f"Give one of {', '.join(Kind)}")
    return frozenset(map(Kind, names)) or frozenset(Kind)


def listing(path: Path) -> Listing:
    """What an outbox holds.

    Raises:
        ConfigError: there is none, or it cannot be read.
        EdgeError: it is damaged; `check` says how.
    """
    with looking(path) as inside:
        identity = {str(row["name"]): str(row["value"]) for row in inside.ask("SELECT name, value FROM identity")}
        held = {row["kind"]: row for row in inside.ask(_KINDS)}
        order = [*(kind for kind in Kind if kind in held), *sorted(set(held) - set(Kind))]
        streams = "SELECT class, name, next_seq, (SELECT count(*) FROM message m WHERE m.class = s.class) AS waiting"
        lost = inside.ask("SELECT name, count FROM tally WHERE name LIKE 'lost.%' ORDER BY name")
        return Listing(
            vehicle=identity.get("vehicle", "unknown"),
            kinds=[_held(inside, held[kind]) for kind in order],
            streams=[
                Stream(row["name"], row["next_seq"], row["waiting"]) for row in inside.ask(f"{streams} FROM stream s")
            ],
            lost={str(row["name"]).removeprefix("lost."): row["count"] for row in lost},
            untold_ranges=next(inside.ask("SELECT count(*) AS ranges FROM gap"))["ranges"],
            form=_form(inside),
        )


def exported(path: Path, kinds: Collection[Kind]) -> Iterator[str | None]:
    """A JSON line of each message of these kinds in the order in which they came; None for one that is damaged.

    Raises:
        ConfigError: there is no outbox, or it cannot be read.
        EdgeError: it is damaged; `check` says how.
    """
    with looking(path) as inside:
        for row in inside.messages():
            if row["kind"] in kinds or row["kind"] not in set(Kind):
                yield _line(row)


class Inside:
    """An outbox opened to be read."""

    def __init__(self, connection: "Connection", database: "Database") -> None:
        self._connection = connection
        self._database = database

    def ask(self, query: str, *values: object) -> Iterator[dict[str, Any]]:
        """The rows of a query, by the names of their columns."""
        found: Iterator[dict[str, Any]] = self._database.query(query, list(values))
        return found

    @property
    def is_of_this_form(self) -> bool | None:
        """As of `edge.outbox.file.is_of_this_form`."""
        return is_of_this_form(self._connection)

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """What is asked within is of one moment, whatever is written meanwhile."""
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def messages(self) -> Iterator[dict[str, Any]]:
        """All of them in the order in which they came: name (of the stream), seq, kind, crc, payload."""
        after_id = -1
        while found := list(self.ask(_NEXT, after_id, _AT_ONCE)):
            yield from found
            after_id = found[-1]["id"]


@contextmanager
def looking(path: Path) -> Iterator[Inside]:
    """An outbox, to be looked into.

    Raises:
        ConfigError: there is none, it cannot be read, or sqlite-utils is not installed.
        EdgeError: it is damaged.
    """
    try:
        from sqlite_utils import Database  # noqa: PLC0415  # 28 MB that nothing else pays
    except ImportError as error:
        problem = "looking into the outbox needs sqlite-utils, which is not installed"
        raise ConfigError(problem, remedy="Install telltale[outbox]") from error
    with reading_only(path) as connection:
        yield Inside(connection, Database(connection, recursive_triggers=False, execute_plugins=False))


def _form(inside: Inside) -> str | None:
    match inside.is_of_this_form:
        case None:
            return "of an earlier version; the daemon brings it up to date at its next start"
        case False:
            return "its tables are not what they were; `telltale-edge outbox check` says more"
        case True:
            return None


def _span(held: Held) -> str:
    return f"{held.oldest_at or 'unknown'} to {held.newest_at or 'unknown'}"


def _held(inside: Inside, row: Mapping[str, Any]) -> Held:
    first, last = (_observed_at(inside, row[name]) for name in ("oldest", "newest"))
    return Held(str(row["kind"]), row["messages"], row["bytes"], first, last)


def _observed_at(inside: Inside, id_: int) -> str | None:
    for row in inside.ask(_ONE, id_):
        if (envelope := _envelope(row)) is not None:
            return str(envelope[0].get("observed_at"))
    return None


def _envelope(row: Mapping[str, Any]) -> tuple[dict[str, Any], bytes] | None:
    """The envelope and the block of a message; None when it is damaged."""
    kind, payload = row["kind"], row["payload"]
    if kind not in set(Kind) or not is_whole(row["seq"], kind, row["crc"], payload):
        return None
    with suppress(WireError, ValueError):
        text, block = blocks.split(payload) if STREAM_OF[Kind(kind)] is StreamClass.BULK else (payload, b"")
        envelope = json.loads(text)
        return (envelope, block) if isinstance(envelope, dict) else None
    return None


def _line(row: Mapping[str, Any]) -> str | None:
    if (found := _envelope(row)) is None:
        return None
    envelope, block = found
    told = {"kind": row["kind"], **envelope}
    if STREAM_OF[Kind(row["kind"])] is StreamClass.BULK:
        told["block"] = base64.b64encode(block).decode()
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n"
