"""A disk that others have filled, on real file systems: alerts get in, and what does not is told."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.errors import EdgeError, OutboxFull
from edge.outbox import Limits, Outbox
from edge.outbox.reserve import PIECE, Reserve
from edge.wire.envelope import StreamClass
from edge.wire.messages import GapCause, Health
from edge.wire.topics import Kind
from tests.small_disks import KINDS, fill, free_bytes, free_up, remount, small_disk
from tests.unit.outbox.postings import (
    acknowledge_all,
    alert,
    any_of,
    everything,
    gaps,
    numbers,
    open_outbox,
    summary,
    telemetry,
)

ALERT, RECORD, BULK = StreamClass
RESERVE = 1 << 20
LIMITS = Limits(reserve_bytes=RESERVE)


@pytest.fixture(params=KINDS)
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    with small_disk(request.param, tmp_path, 8) as place:
        yield place


def with_reserve(disk: Path) -> Outbox:
    return open_outbox(disk / "outbox.db", limits=LIMITS)


def put_until_full(outbox: Outbox, disk: Path, first: int) -> int:
    """Alerts one by one, while somebody takes whatever becomes free; the number of the first that did not get in."""
    for number in range(first, first + 10_000):
        try:
            outbox.put([alert(number)])
        except OutboxFull:
            return number
        if number % 50 == 0:
            fill(disk)
    raise AssertionError("the disk is not full")


def lost(outbox: Outbox, cause: str) -> dict[str, int]:
    return {name: count for name, count in outbox.counters().items() if name.startswith(f"lost.{cause}.")}


def test_without_a_reserve_a_full_disk_takes_not_one_alert(disk: Path) -> None:
    """What the reserve is for, and that these disks are really full."""
    with closing(open_outbox(disk / "outbox.db")) as outbox:
        outbox.put([alert(0), *(telemetry(number, size=20_000) for number in range(20))])
        fill(disk)
        with pytest.raises(OutboxFull, match=r"outbox\.db: no space left on its disk"):
            outbox.put([alert(1)])


def test_a_thousand_alerts_get_in_when_others_have_filled_the_disk(disk: Path) -> None:
    with closing(with_reserve(disk)) as outbox:
        for number in range(20):
            outbox.put([telemetry(number, size=20_000), summary(number)])
        fill(disk)
        refused = put_until_full(outbox, disk, 0)
        assert refused > 1000
        assert numbers(everything(outbox, ALERT)) == list(range(refused)), "each is there, in order"
        assert outbox.trouble is not None
        assert "no space left" in outbox.trouble
        assert lost(outbox, "evicted") == {"lost.evicted.telemetry": 20, "lost.evicted.summary": 20}
        assert outbox.counters()["refused.disk_full"] == 1
        # The cloud makes room on a disk that is as full as before.
        acknowledge_all(outbox)
        acknowledge_all(outbox)
        assert outbox.is_empty()
        assert put_until_full(outbox, disk, refused) > refused + 1000


def test_what_is_no_alert_waits_outside_and_the_cloud_is_told(disk: Path) -> None:
    with closing(with_reserve(disk)) as outbox:
        outbox.put([summary(1)])
        fill(disk, leave=RESERVE // 2)
        assert outbox.put([alert(1), summary(2), telemetry(1, size=20_000), any_of(Kind.TRIP, 1)]) == 1
        assert outbox.trouble is not None
        assert "little space is left" in outbox.trouble
        assert lost(outbox, "disk_full") == dict.fromkeys(
            ("lost.disk_full.summary", "lost.disk_full.telemetry", "lost.disk_full.trip"), 1
        )
        assert sorted((gap.stream.split("-")[0], gap.ranges, gap.cause) for gap in gaps(outbox)) == [
            ("bulk", [(1, 1)], GapCause.DISK_FULL),
            ("record", [(2, 3)], GapCause.DISK_FULL),
        ]
        assert outbox.counters()["reserve_bytes"] == RESERVE, "nobody needed it yet"


def test_the_file_takes_records_into_pages_that_it_has(disk: Path) -> None:
    """Its own space is not the disk's: what the cloud has made room of can be used."""
    with closing(with_reserve(disk)) as outbox:
        outbox.put([telemetry(number, size=20_000) for number in range(10)])
        acknowledge_all(outbox)
        fill(disk, leave=RESERVE // 2)
        assert outbox.put([summary(1), telemetry(11, size=20_000)]) == 2
        assert lost(outbox, "disk_full") == {}


def test_health_says_it_in_the_place_of_what_it_said_before(disk: Path) -> None:
    with closing(with_reserve(disk)) as outbox:
        outbox.put([any_of(Kind.HEALTH, number) for number in range(5)])
        fill(disk)
        for number in range(5, 50):
            outbox.put([any_of(Kind.HEALTH, number)])
        told = [one.body.uptime_s for one in everything(outbox, RECORD) if isinstance(one.body, Health)]
        assert told == [49]
        assert lost(outbox, "evicted") == {"lost.evicted.health": 49}


def test_when_there_is_room_again_all_is_as_before(disk: Path) -> None:
    with closing(with_reserve(disk)) as outbox:
        fill(disk)
        refused = put_until_full(outbox, disk, 0)
        assert outbox.counters()["reserve_bytes"] <= PIECE
        free_up(disk)
        outbox.put([summary(1)])
        outbox.put([telemetry(1)])
        assert outbox.trouble is None
        assert outbox.counters()["reserve_bytes"] == RESERVE
        assert len(everything(outbox, BULK)) == 1
        assert len(numbers(everything(outbox, ALERT))) == refused


def test_an_outbox_is_opened_on_a_full_disk_with_all_that_waits(disk: Path) -> None:
    with closing(with_reserve(disk)) as outbox:
        outbox.put([alert(number) for number in range(20)])
    fill(disk)
    with closing(with_reserve(disk)) as outbox:
        assert outbox.notes == ()
        outbox.put([alert(20)])
        assert numbers(everything(outbox, ALERT)) == list(range(21))


def test_a_new_outbox_is_begun_on_a_full_disk_if_there_is_a_reserve(disk: Path) -> None:
    with_reserve(disk).close()
    fill(disk)
    (disk / "outbox.db").write_bytes(b"no database at all" * 100)
    fill(disk)
    with closing(with_reserve(disk)) as outbox:
        assert "kept as outbox.db.damaged-1" in outbox.notes[0]
        outbox.put([alert(1)])
        assert numbers(everything(outbox, ALERT)) == [1]


def test_a_disk_that_becomes_read_only_can_still_be_sent_from(disk: Path) -> None:
    with closing(with_reserve(disk)) as outbox:
        outbox.put([alert(1), summary(1)])
    remount(disk, "ro")
    with pytest.raises(EdgeError, match=r"outbox\.db") as caught:
        with_reserve(disk)
    assert type(caught.value) is EdgeError, "no mistake of the installer"
    remount(disk, "rw")
    with closing(with_reserve(disk)) as outbox:
        assert numbers(everything(outbox, ALERT)) == [1]


def test_the_reserve_is_let_go_in_pieces_and_made_whole_where_twice_as_much_is_free(disk: Path) -> None:
    reserve = Reserve(disk / "outbox.db", RESERVE)
    before = free_bytes(disk)
    reserve.restore()
    assert reserve.held == RESERVE
    assert before - free_bytes(disk) >= RESERVE, "its blocks are taken, not only its length"
    assert reserve.let_go()
    assert reserve.held == RESERVE - PIECE
    assert not reserve.let_go(keep=RESERVE - PIECE)
    fill(disk, leave=2 * RESERVE - PIECE)
    reserve.restore()
    assert reserve.held == RESERVE - PIECE
    while reserve.let_go():
        pass
    assert reserve.held == 0
    free_up(disk)
    reserve.restore()
    assert reserve.held == RESERVE
