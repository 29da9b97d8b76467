"""What bits that flip in an outbox's file cost: `python -m tests.study.flipped_bits [--places N] [--seed N]`, a table.

Each place is hit in a file of its own, written by the real outbox: alerts, records, blocks, some of them forgotten and
some evicted, with what the daemon remembers beside them. Then the outbox goes on as after a restart: it is opened, told
of, read by the link, given more, acknowledged. Every message that it hands out is held against what was written.
"""

import argparse
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edge.alerts import unpack_alerts
from edge.errors import EdgeError
from edge.health import health_body
from edge.outbox import Limits, Outbox, Waiting
from edge.wire.codec import decode
from edge.wire.downlink import ack_of
from edge.wire.envelope import StreamClass
from edge.wire.messages import Alert, Gap
from edge.wire.topics import Kind
from tests.unit.outbox.postings import ADDRESS, alert, any_of, memory_folder, open_outbox, summary, telemetry

PLACES: Final = 200
SEED: Final = 20261130
HITS: Final = {"one bit": 6, "a byte": 2, "a sector": 2}
"""What happens at a place, and how often of ten times."""
SECTOR: Final = 512
LIMITS: Final = Limits(messages=178)
REMEMBERED: Final = b'{"at": 1, "pending": [], "firing": [], "past": []}'
"""Of the alerts that fire, as a quiet vehicle's book packs them."""
NEW: Final = range(1000, 1005)
SMALL: Final = ("identity", "stream", "held", "gap", "remembered", "tally")
"""Tables of a few bytes that say much: numbers, names, losses. Every other place is among them."""


@dataclass(frozen=True)
class Written:
    """The file before it is hit, and the truth about it."""

    content: bytes
    messages: dict[tuple[str, int], bytes]
    """Those that wait."""
    places: dict[str, tuple[str, int]]
    """Where each thing was said, by what it says."""
    lost: set[tuple[str, int]]
    """Those that were evicted, of which the cloud has not been told."""
    small: list[int]
    """Where the bytes of small tables stand."""


@dataclass
class Outcome:
    """What became of one file."""

    hit: str
    kept: int = 0
    declared: int = 0
    is_aside: bool = False
    saved: set[tuple[str, int]] = field(default_factory=set)
    """Of a file that was set aside, those that came after all, under other numbers."""
    places: set[tuple[str, int]] = field(default_factory=set)
    """Under which."""
    untold: int = 0
    """Of a file that was set aside: lost, and no more than that they are is known."""
    wrong: list[str] = field(default_factory=list)
    """What must not be."""


def write(path: Path) -> Written:
    """An outbox as a day without a network leaves it."""
    with closing(open_outbox(path, limits=LIMITS)) as outbox:
        outbox.put([telemetry(number, size=3000) for number in range(12)])
        outbox.put(
            [alert(number, key=f"key {number}") for number in range(100)], remember={"alerts.firing": REMEMBERED}
        )
        [first, *_] = outbox.waiting(StreamClass.ALERT, 0, 100)
        outbox.acknowledge(ack_of(first.stream, [(1, 20), (31, 33)]))
        outbox.put([summary(number) for number in range(70)])
        outbox.put([any_of(kind, number) for kind in (Kind.TRIP, Kind.DTC, Kind.POSITION) for number in range(8)])
        before = {
            (message.stream, message.seq): message.payload
            for stream_class in (StreamClass.ALERT, StreamClass.BULK)
            for message in outbox.waiting(stream_class, 0, 1000)
        }
        bulk = next(stream for stream, _ in before if stream.startswith("bulk"))
        evicted = outbox.counters()["lost.evicted.telemetry"]
        # Read below the link, which would tell the cloud of what is lost.
        records = _records(outbox)
        before |= {(message.stream, message.seq): message.payload for message in records}
        waiting = [*records, *(one for kind in (StreamClass.ALERT, StreamClass.BULK) for one in _ask(outbox, kind))]
        said = {_said(message): (message.stream, message.seq) for message in waiting}
        pages = [_root_page(outbox, name) for name in SMALL]
        [size] = outbox._disk.db.execute("PRAGMA page_size").fetchone()
    content = path.read_bytes()
    small = [at for page in pages for at in range((page - 1) * size, page * size) if content[at]]
    return Written(content, before, said, {(bulk, seq) for seq in range(1, evicted + 1)}, small)


def hit(written: Written, rng: random.Random) -> tuple[bytes, str]:
    """The content with something flipped at one place, and what."""
    [how] = rng.choices(list(HITS), list(HITS.values()))
    changed = bytearray(written.content)
    place = rng.choice(written.small) if rng.random() < 0.5 else rng.randrange(len(changed))
    match how:
        case "one bit":
            changed[place] ^= 1 << rng.randrange(8)
        case "a byte":
            changed[place] ^= 0xFF
        case _:
            place -= place % SECTOR
            changed[place : place + SECTOR] = rng.randbytes(len(changed[place : place + SECTOR]))
    return bytes(changed), how


def go_on(path: Path, written: Written, outcome: Outcome) -> None:
    """As a daemon does after a restart, with all that it may not do noted in the outcome."""
    with closing(open_outbox(path, start=10_000)) as outbox:
        remembered = outbox.recall("alerts.firing")
        if remembered not in (REMEMBERED, None):
            outcome.wrong.append("what was remembered has changed")
        if remembered is not None:
            unpack_alerts(remembered)
        found = _understood(outbox, written, outcome)
        outbox.put([alert(number) for number in NEW], remember={"alerts.firing": REMEMBERED})
        health_body(
            uptime_s=1.0, buses={}, askers={}, switched_off={}, learning={}, cab={},
            counters={"outbox": outbox.counters()}, outbox=outbox.trouble,
        )  # fmt: skip
        found |= _understood(outbox, written, outcome)
        outcome.is_aside = bool(outbox.notes)
        _account(found, written, outcome, outbox)
        for stream, seq in found:
            outbox.acknowledge(ack_of(stream, [(seq, seq)]))
        _ask(outbox, StreamClass.RECORD)
        for message in _ask(outbox, StreamClass.RECORD):
            outbox.acknowledge(ack_of(message.stream, [(message.seq, message.seq)]))
        if not outbox.is_empty():
            outcome.wrong.append("something waits for ever")


def places(number: int, seed: int) -> Iterator[Outcome]:
    """The outcomes of so many places, one file each."""
    rng = random.Random(seed)
    with memory_folder() as folder:
        written = write(folder / "written.db")
    for _ in range(number):
        content, how = hit(written, rng)
        outcome = Outcome(how)
        with memory_folder() as folder:
            path = folder / "outbox.db"
            path.write_bytes(content)
            try:
                go_on(path, written, outcome)
            except Exception as error:  # noqa: BLE001  # whatever it is would have ended the daemon
                outcome.wrong.append(f"{type(error).__name__}: {error}")
        yield outcome


def table(outcomes: Sequence[Outcome]) -> str:
    """A row for each kind of hit, and one of all."""
    head = "| hit | places | nothing lost | some lost | set aside | of these nothing lost | messages kept | declared "
    rows = [f"{head}| counted as lost | wrong |", "|---" * 10 + "|"]
    for how in (*HITS, "all"):
        these = [one for one in outcomes if how in (one.hit, "all")]
        fates = Counter("aside" if one.is_aside else "some" if one.declared else "none" for one in these)
        whole_again = sum(one.is_aside and not one.declared and not one.untold for one in these)
        cells: list[str | int] = [
            how, len(these), fates["none"], fates["some"], fates["aside"], whole_again,
            sum(one.kept for one in these), sum(one.declared for one in these), sum(one.untold for one in these),
            sum(bool(one.wrong) for one in these),
        ]  # fmt: skip
        rows.append(f"| {' | '.join(cell if isinstance(cell, str) else f'{cell:,}' for cell in cells)} |")
    return "\n".join(rows)


def _records(outbox: Outbox) -> list[Waiting]:
    rows = outbox._disk.db.execute(
        "SELECT name, seq, kind, payload FROM message JOIN stream USING (class) WHERE class = 'record'"
    )
    return [Waiting(name, seq, Kind(kind), payload) for name, seq, kind, payload in rows]


def _root_page(outbox: Outbox, name: str) -> int:
    [page] = outbox._disk.db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    return int(page)


def _ask(outbox: Outbox, stream_class: StreamClass) -> list[Waiting]:
    """As the link does, which connects again when the outbox tells it to."""
    for _ in range(3):
        try:
            return outbox.waiting(stream_class, 0, 1000)
        except EdgeError:
            outbox.put([], remember={"alerts.firing": REMEMBERED})  # what the daemon does every minute
    return outbox.waiting(stream_class, 0, 1000)


def _understood(outbox: Outbox, written: Written, outcome: Outcome) -> dict[tuple[str, int], Waiting]:
    """All that is handed out now, by place; what is not as it should be is noted."""
    found: dict[tuple[str, int], Waiting] = {}
    for stream_class in StreamClass:
        for message in _ask(outbox, stream_class):
            place = (message.stream, message.seq)
            found[place] = message
            if place in written.messages:
                if message.payload != written.messages[place]:
                    outcome.wrong.append(f"{place} is not what was written")
                continue
            uplink = decode(ADDRESS.up(message.kind), message.payload)
            if (uplink.stream, uplink.seq) != place:
                outcome.wrong.append(f"{place} says that it is {uplink.stream}, {uplink.seq}")
            if (saved := written.places.get(_said(message))) is not None:
                if saved in outcome.saved and place not in outcome.places:
                    outcome.wrong.append(f"{saved} comes twice")
                outcome.saved.add(saved)
                outcome.places.add(place)
                continue
            is_new = isinstance(uplink.body, Alert) and int(uplink.body.id, 16) in NEW
            if not is_new and not isinstance(uplink.body, Gap):
                outcome.wrong.append(f"{place} was never written")
    return found


def _said(message: Waiting) -> str:
    """What a message says, wherever it stands."""
    uplink = decode(ADDRESS.up(message.kind), message.payload)
    return repr((uplink.kind, uplink.observed_at, uplink.clock, uplink.body, uplink.block))


def _account(found: dict[tuple[str, int], Waiting], written: Written, outcome: Outcome, outbox: Outbox) -> None:
    """Every message that waited is handed out, declared, or counted as lost; nothing else is declared."""
    declared: set[tuple[str, int]] = set()
    for message in found.values():
        body = decode(ADDRESS.up(message.kind), message.payload).body
        if isinstance(body, Gap):
            if any(last - first > 10_000 for first, last in body.ranges):
                outcome.wrong.append(f"{body.stream}: numbers that were never given are declared")
                continue
            declared |= {(body.stream, seq) for first, last in body.ranges for seq in range(first, last + 1)}
    if untrue := declared & set(found):
        outcome.wrong.append(f"declared, and there: {sorted(untrue)}")
    if foreign := declared - written.lost - set(written.messages):
        outcome.wrong.append(f"declared, and never lost: {sorted(foreign)}")
    if untrue := declared & outcome.saved:
        outcome.wrong.append(f"declared, and saved: {sorted(untrue)}")
    outcome.kept = len(set(written.messages) & (set(found) | outcome.saved))
    outcome.declared = len(set(written.messages) & declared)
    missing = set(written.messages) - set(found) - outcome.saved - declared
    outcome.untold = len(missing)
    counted = outbox.counters().get("lost.unreadable.unknown", 0)
    is_said = outcome.is_aside and (counted == len(missing) or "unknown number" in outbox.notes[0])
    if missing and not is_said:
        outcome.wrong.append(f"lost without a word: {len(missing)} ({counted} counted), {sorted(missing)[:3]}")


def main() -> None:
    """Print the table, and what must not be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=PLACES)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    outcomes = list(places(asked.places, asked.seed))
    print(table(outcomes))
    for number, outcome in enumerate(outcomes):
        for problem in outcome.wrong:
            print(f"place {number} ({outcome.hit}): {problem}")


if __name__ == "__main__":
    main()
