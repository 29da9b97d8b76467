"""Which kind goes first, and how much and how long each may wait."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.outbox import ORDER, Limits, Moment, Outbox, Quota
from edge.outbox.ages import KEEP_S, OFF_MAX_S, OwnTime
from edge.outbox.file import MIGRATIONS
from edge.outbox.rows import encoded
from edge.wire.envelope import StreamClass
from edge.wire.messages import GapCause
from edge.wire.topics import Kind
from tests.unit.outbox.postings import (
    alert,
    any_of,
    everything,
    gaps,
    memory_folder,
    numbers,
    open_outbox,
    renewing,
    stream_of,
    summary,
    telemetry,
)

ALERT, RECORD, BULK = StreamClass
KINDS = [kind for kind in ORDER if kind != Kind.GAP]
DAY_S = 86_400


class Clocks:
    """Those of a box."""

    def __init__(self, *, wall_s: float | None = 1_800_000_000.0, monotonic_s: float = 5.0) -> None:
        self.monotonic_s = monotonic_s
        self.wall_s = wall_s

    def __call__(self) -> Moment:
        return Moment(self.monotonic_s, self.wall_s)

    def run(self, seconds: float) -> None:
        self.monotonic_s += seconds
        self.wall_s = None if self.wall_s is None else self.wall_s + seconds


def held(outbox: Outbox) -> Counter[str]:
    return Counter(message.kind for one in StreamClass for message in outbox.waiting(one, 0, 1_000_000))


def lost(outbox: Outbox) -> dict[str, int]:
    return {name: count for name, count in outbox.counters().items() if name.startswith("lost.")}


def with_quota(path: Path, kind: Kind, quota: Quota, now: Clocks | None = None) -> Outbox:
    return open_outbox(path, limits=Limits(quotas={kind: quota}), now=now)


def test_every_kind_has_its_place() -> None:
    assert set(ORDER) == set(Kind)
    assert len(ORDER) == len(Kind)


def test_the_order_is_kept_from_the_bottom_to_the_top(path: Path) -> None:
    with closing(open_outbox(path, limits=Limits(messages=len(KINDS)))) as outbox:
        outbox.put([any_of(kind, 1) for kind in reversed(KINDS)])
        for place, kind in enumerate(KINDS):
            outbox.put([alert(place + 2)])
            assert lost(outbox) == {f"lost.evicted.{gone}": 1 for gone in KINDS[: place + 1]}, kind


def test_within_a_kind_the_oldest_goes(path: Path) -> None:
    with closing(open_outbox(path, limits=Limits(messages=4))) as outbox:
        outbox.put([any_of(Kind.CAPTURE, 1), telemetry(1), any_of(Kind.CAPTURE, 2), telemetry(2)])
        outbox.put([alert(1), alert(2), alert(3)])
        assert [uplink.seq for uplink in everything(outbox, BULK)] == [3], "both of telemetry, then the first capture"


def test_a_kind_over_its_quota_loses_its_own_oldest_and_nothing_else_does(path: Path) -> None:
    size = len(encoded(summary(1), "car-1", "record-0000000000000001", 1))
    with closing(with_quota(path, Kind.SUMMARY, Quota(3 * size))) as outbox:
        outbox.put([telemetry(1), alert(1), any_of(Kind.POSITION, 1)])
        outbox.put([summary(number) for number in range(2, 7)])
        assert held(outbox) == {Kind.TELEMETRY: 1, Kind.ALERT: 1, Kind.POSITION: 1, Kind.SUMMARY: 3, Kind.GAP: 1}
        assert lost(outbox) == {"lost.evicted.summary": 2}
        [gap] = gaps(outbox)
        assert (gap.ranges, gap.cause) == ([(2, 3)], GapCause.EVICTED)


def test_what_is_larger_than_its_quota_is_refused_and_empties_nothing(path: Path) -> None:
    with closing(with_quota(path, Kind.TELEMETRY, Quota(2000))) as outbox:
        outbox.put([telemetry(1), telemetry(2, size=2001)])
        assert lost(outbox) == {"lost.too_large.telemetry": 1}
        assert held(outbox)[Kind.TELEMETRY] == 1


def test_what_waits_too_long_goes_when_something_comes(path: Path) -> None:
    clocks = Clocks()
    with closing(with_quota(path, Kind.TELEMETRY, Quota(10**6, 3 * DAY_S), clocks)) as outbox:
        outbox.put([telemetry(1), summary(1)])
        clocks.run(2 * DAY_S)
        outbox.put([telemetry(2)])
        clocks.run(DAY_S)
        outbox.put([summary(2)])
        assert held(outbox)[Kind.TELEMETRY] == 2, "three days old, not older"
        clocks.run(1)
        outbox.put([summary(3)])
        assert [uplink.seq for uplink in everything(outbox, BULK)] == [2]
        assert lost(outbox) == {"lost.evicted.telemetry": 1}
        assert [(gap.ranges, gap.cause) for gap in gaps(outbox)] == [([(1, 1)], GapCause.EVICTED)]


def test_what_was_observed_long_ago_is_not_old(path: Path) -> None:
    """A recording of some years ago is sent to the cloud like anything else."""
    with closing(with_quota(path, Kind.TELEMETRY, Quota(10**6, DAY_S), Clocks(wall_s=4_000_000_000.0))) as outbox:
        outbox.put([telemetry(1)])
        outbox.put([telemetry(2)])
        assert held(outbox)[Kind.TELEMETRY] == 2


def test_a_wall_clock_that_jumps_while_the_daemon_runs_makes_nothing_old(path: Path) -> None:
    clocks = Clocks()
    with closing(with_quota(path, Kind.TELEMETRY, Quota(10**6, DAY_S), clocks)) as outbox:
        outbox.put([telemetry(1)])
        for wall_s in (1024 * 7 * DAY_S + 1_800_000_000.0, 0.0, None, 1_900_000_000.0):
            clocks.wall_s = wall_s
            clocks.monotonic_s += 60
            outbox.put([telemetry(2)])
        assert held(outbox)[Kind.TELEMETRY] == 5


@pytest.mark.parametrize(
    ("wall_s", "off_s", "why"),
    [
        (1_800_000_000.0 + 10 + 2 * DAY_S, 2 * DAY_S, "both clocks were right"),
        (1_800_000_000.0 + 10 + 900 * DAY_S, OFF_MAX_S, "so long is not believed"),
        (1_700_000_000.0, 0, "nobody goes back in time"),
        (None, 0, "nobody knows how long it was off"),
    ],
)
def test_what_the_box_was_off_counts_where_the_clock_is_right(
    path: Path, wall_s: float | None, off_s: int, why: str
) -> None:
    clocks = Clocks()
    quota = Quota(10**6, off_s + 30)
    with closing(with_quota(path, Kind.TELEMETRY, quota, clocks)) as outbox:
        outbox.put([telemetry(1)])
        clocks.run(10)
    clocks = Clocks(wall_s=wall_s)
    with closing(with_quota(path, Kind.TELEMETRY, quota, clocks)) as outbox:
        outbox.put([summary(1)])
        assert held(outbox)[Kind.TELEMETRY] == 1, why
        clocks.run(31)
        outbox.put([summary(2)])
        assert held(outbox)[Kind.TELEMETRY] == 0, why


def test_a_clock_that_is_set_after_the_start_still_tells_how_long_the_box_was_off() -> None:
    clocks = Clocks()
    kept = OwnTime(clocks, None).to_keep()
    later = Clocks(wall_s=None)
    own = OwnTime(later, kept)
    later.run(60)
    assert own() == 60
    later.wall_s = 1_800_000_000.0 + 5000
    assert own() == 5000
    later.wall_s += 10**6
    assert own() == 5000, "told once"


def test_the_time_is_kept_now_and_then_and_damage_makes_nothing_old() -> None:
    clocks = Clocks()
    own = OwnTime(clocks, None)
    assert own.to_keep() is not None
    clocks.run(KEEP_S - 1)
    assert own.to_keep() is None
    clocks.run(1)
    kept = own.to_keep()
    assert kept is not None
    assert OwnTime(Clocks(wall_s=None), kept)() == KEEP_S
    for place in range(len(kept)):
        changed = kept[:place] + chr(ord(kept[place]) ^ 1) + kept[place + 1 :]
        assert OwnTime(Clocks(), changed)() == 0


@given(
    st.lists(
        st.tuples(
            st.floats(0, 10 * DAY_S),
            st.one_of(st.none(), st.floats(0, 5e9)),
            st.booleans(),
        ),
        max_size=30,
    )
)
def test_own_time_never_goes_back_nor_faster_than_the_daemon_runs_but_for_the_bounded_time_off(
    steps: list[tuple[float, float | None, bool]],
) -> None:
    clocks = Clocks(wall_s=None)
    own, before, starts, ran_s = OwnTime(clocks, None), 0, 0, 0.0
    kept: str | None = None
    for seconds, wall_s, restarts in steps:
        clocks.monotonic_s += seconds
        clocks.wall_s = wall_s
        ran_s += seconds
        now = own()
        assert before <= now <= ran_s + starts * OFF_MAX_S
        before = now
        kept = own.to_keep() or kept
        if restarts:
            clocks = Clocks(wall_s=None, monotonic_s=0.0)
            own, before = OwnTime(clocks, kept), 0
            starts += 1


def test_own_time_goes_on_after_a_restart(path: Path) -> None:
    clocks = Clocks(wall_s=None)
    for _ in range(3):
        with closing(with_quota(path, Kind.TELEMETRY, Quota(10**6, DAY_S), clocks)) as outbox:
            outbox.put([telemetry(1)])
            clocks.run(DAY_S / 2)
    with closing(with_quota(path, Kind.TELEMETRY, Quota(10**6, DAY_S), clocks)) as outbox:
        outbox.put([summary(1)])
        assert [uplink.seq for uplink in everything(outbox, BULK)] == [2, 3], "closed well, nothing of it was lost"


def test_a_file_of_the_first_form_is_brought_up_to_date_with_all_that_waits_in_it(path: Path) -> None:
    """As it was written before kinds had quotas: made by the first migration alone, three tiers."""
    old = {Kind.TELEMETRY: 0, Kind.SUMMARY: 1, Kind.ALERT: 2, Kind.GAP: 3}
    with closing(open_outbox(path)) as outbox:
        outbox.put([alert(1), summary(1), telemetry(1), alert(2)])
        before = [outbox.waiting(one, 0, 100) for one in StreamClass]
    with closing(sqlite3.connect(path)) as new:
        columns = {"stream": "class, name, next_seq, messages, bytes", "remembered": "name, value"}
        copied = {
            table: new.execute(f"SELECT {columns.get(table, '*')} FROM {table}").fetchall()
            for table in ("identity", "stream", "message", "queued_key", "remembered", "tally")
        }
    path.unlink()
    with closing(sqlite3.connect(path)) as db, db:
        for statement in MIGRATIONS[0]:
            db.execute(statement)
        for table, found in copied.items():
            for row in found:
                values = list(row)
                if table == "message":
                    values[4] = old[Kind(values[3])]
                if table == "stream":
                    values[3] = values[4] = 0  # by the trigger
                db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)
        db.execute("PRAGMA user_version = 1")
    with closing(open_outbox(path, limits=Limits(messages=4))) as outbox:
        assert outbox.notes == ()
        assert [outbox.waiting(one, 0, 100) for one in StreamClass] == before
        assert outbox._disk.db.execute("SELECT * FROM held ORDER BY 1").fetchall() == [
            (kind, messages, sum(len(message.payload) for found in before for message in found if message.kind == kind))
            for kind, messages in (("alert", 2), ("summary", 1), ("telemetry", 1))
        ]
        outbox.put([alert(3)])
        assert lost(outbox) == {"lost.evicted.telemetry": 1}


def test_totals_that_a_bit_has_changed_are_counted_anew_at_the_start(path: Path) -> None:
    with closing(open_outbox(path)) as outbox:
        outbox.put([alert(1), summary(1)])
        before = totals(outbox)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE held SET bytes = 1 << 40 WHERE kind = 'alert'")
        db.execute("DELETE FROM held WHERE kind = 'summary'")
        db.execute("UPDATE stream SET messages = messages + 64")
    with closing(open_outbox(path)) as outbox:
        assert totals(outbox) == before
        assert outbox.waiting_messages() == 2


@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from(KINDS), max_size=8), st.sampled_from([None, *StreamClass])), max_size=20
    ),
    st.sampled_from(KINDS),
)
def test_totals_by_kind_are_those_of_the_messages_whatever_happens(
    steps: list[tuple[list[Kind], StreamClass | None]], limited: Kind
) -> None:
    limits = Limits(messages=15, quotas={limited: Quota(1500)})
    with memory_folder() as folder, closing(open_outbox(folder / "outbox.db", limits=limits)) as outbox:
        for kinds, renewed in steps:
            outbox.put([any_of(kind, number) for number, kind in enumerate(kinds)])
            if renewed is not None and outbox.waiting(renewed, 0, 1):
                outbox.acknowledge(renewing(stream_of(outbox, renewed)))
            told, size = outbox._disk.db.execute("SELECT sum(messages), sum(bytes) FROM stream").fetchone()
            assert (told or 0) <= 15 + 20, "and a few gaps"
            counted = outbox._disk.db.execute(
                "SELECT kind, count(*), sum(length(payload)) FROM message GROUP BY 1 ORDER BY 1"
            ).fetchall()
            assert [row for row in totals(outbox) if row[1]] == counted
            assert size == sum(row[2] for row in counted)
            assert all(row[2] <= 1500 for row in counted if row[0] == limited)
        assert set(numbers(everything(outbox, ALERT))) <= set(range(8))


def totals(outbox: Outbox) -> list[tuple[str, int, int]]:
    return outbox._disk.db.execute("SELECT kind, messages, bytes FROM held ORDER BY 1").fetchall()
