"""Captures: parts in any order, twice, missing; nothing unbounded; whatever the bytes are, kept and told as it is."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.blocks.candump import candump_log
from cloud.captures import store
from cloud.captures.model import COUNT_MAX, Capture, CaptureFilter, missing
from cloud.captures.service import CaptureSettings
from cloud.captures.writing import CANDUMP, CSV, Writing
from cloud.errors import NotFound, Refused
from cloud.inbox import aside_store
from cloud.inbox.model import Arrival
from cloud.pages import Window
from cloud.security.audit_model import AuditFilter
from edge.wire import messages, sample_block
from edge.wire.blocks import digest
from edge.wire.envelope import Clock
from edge.wire.frame_block import FORMAT, Frames, encode_frames
from edge.wire.messages import Hole, HoleCause
from tests.unit.cloud.services import CAPTURES, Cloud, open_cloud
from tests.unit.cloud.vehicle import OTHER_CARD, T0, Speaker, minute

VAN: Final = Speaker()
ID: Final = f"{7:032x}"
TRIGGER: Final = f"alert:{1:032x}"
RUNNING: Final = {"version": "0.1.0", "profile": "van"}
ALL: Final = CaptureFilter()
HOLE: Final = Hole(started_at=T0, ended_at=minute(0.1), frames=None, cause=HoleCause.RESTARTED)


def frames(part: int, count: int = 3) -> Frames:
    """A second of frames for each part."""
    time = (int(T0.timestamp()) + part) * 10**9 + np.arange(count, dtype=np.int64) * 1_000_000
    return Frames(
        time=time,
        bus=np.zeros(count, np.uint8),
        id=np.full(count, 0x100 + part, np.uint32),
        flags=np.zeros(count, np.uint8),
        length=np.full(count, 2, np.uint8),
        payload=np.tile(np.array([part % 256, 1, 0, 0, 0, 0, 0, 0], np.uint8), (count, 1)),
        buses=("can0",),
    )


def body(part: int, block: bytes, **changes: object) -> messages.Capture:
    """One part of a capture of three, as a vehicle tells it."""
    told = {
        "format": FORMAT,
        "started_at": T0 + timedelta(seconds=part),
        "ended_at": T0 + timedelta(seconds=part + 1),
        "count": 3,
        "sha256": digest(block),
        "trigger": TRIGGER,
        "id": ID,
        "part": part,
        "is_last": part == 3,
        "wanted_from": minute(-0.5),
        "wanted_to": minute(1),
        "holes": [HOLE] if part == 2 else [],
        "running": RUNNING if part == 1 else {},
    }
    return messages.Capture.model_validate({**told, **changes})


def said(
    part: int,
    seq: int | None = None,
    *,
    speaker: Speaker = VAN,
    block: bytes | None = None,
    clock: Clock = Clock.SYNCED,
    received_at: datetime = T0,
    **changes: object,
) -> Arrival:
    sent = encode_frames(frames(part)) if block is None else block
    told = body(part, sent, **changes)
    return speaker.say(told, part if seq is None else seq, block=sent, clock=clock, received_at=received_at)


def one(cloud: Cloud, capture: str = ID) -> Capture:
    return cloud.captures.capture(VAN.address, capture)[0]


def listed(cloud: Cloud, wanted: CaptureFilter = ALL) -> list[str]:
    return [capture.id for capture in cloud.captures.captures(wanted, Window()).items]


def took(cloud: Cloud, writing: Writing, *, readable_only: bool = False) -> list[bytes]:
    return list(cloud.captures.take(VAN.address, ID, writing, readable_only=readable_only, by="ada"))


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))), ids=str)
def test_parts_in_any_order_make_one_capture(cloud: Cloud, order: tuple[int, ...]) -> None:
    [ack] = cloud.take(*(said(part) for part in order))
    assert ack.upto == 3
    capture, parts = cloud.captures.capture(VAN.address, ID)
    assert capture == Capture(
        address=VAN.address,
        id=ID,
        trigger=TRIGGER,
        started_at=T0 + timedelta(seconds=1),
        ended_at=T0 + timedelta(seconds=4),
        wanted_from=minute(-0.5),
        wanted_to=minute(1),
        running=RUNNING,
        frames=9,
        size=sum(part.size for part in parts),
        parts=3,
        highest=3,
        last=3,
        holes=1,
        clock=Clock.SYNCED,
        heard_at=T0,
    )
    assert [(part.number, part.is_last, part.frames, part.is_decodable) for part in parts] == [
        (1, False, 3, True),
        (2, False, 3, True),
        (3, True, 3, True),
    ]
    assert parts[1].holes == (HOLE,)
    assert missing(parts) == []
    assert not capture.is_complete, "a hole is a hole"
    assert cloud.rows(aside_store.shelf) == []


@settings(max_examples=40)
@given(
    arrivals=st.lists(st.integers(1, 8), min_size=1, max_size=20),
    batches=st.lists(st.integers(1, 5), min_size=20, max_size=20),
)
def test_what_is_told_is_what_is_there_however_often_and_late_it_comes(arrivals: list[int], batches: list[int]) -> None:
    whole = {part: said(part, is_last=part == 8, holes=[]) for part in range(1, 9)}
    with open_cloud() as cloud:
        left = [(seq, part) for seq, part in enumerate(arrivals, start=1)]
        for size in batches:
            batch, left = left[:size], left[size:]
            cloud.take(*(said(part, seq, is_last=part == 8, holes=[]) for seq, part in batch))
        capture, parts = cloud.captures.capture(VAN.address, ID)
        there = set(arrivals)
        assert [part.number for part in parts] == sorted(there)
        assert (capture.parts, capture.frames, capture.highest) == (len(there), 3 * len(there), max(there))
        gone = {n for first, last in missing(parts) for n in range(first, last + 1)}
        assert gone == set(range(1, max(there))) - there
        assert capture.last == (8 if 8 in there else None)
        assert capture.is_complete == (there == set(whole))
        assert cloud.rows(aside_store.shelf) == []


def test_a_part_that_comes_again_after_a_renew_is_kept_once(cloud: Cloud) -> None:
    cloud.take(said(1), said(2))
    again = Speaker(card=OTHER_CARD)
    [ack] = cloud.take(
        said(1, 1, speaker=again, received_at=minute(5), clock=Clock.UNSYNCED), said(3, 2, speaker=again)
    )
    assert ack.upto == 2
    assert one(cloud).parts == 3
    assert len(cloud.rows(store.capture_parts)) == 3
    assert one(cloud).clock is Clock.SYNCED, "what was told first stands"


def test_another_part_in_a_place_that_is_taken_is_kept_whole_on_the_shelf(cloud: Cloud) -> None:
    first, other = said(1), said(1, 2, block=encode_frames(frames(9)))
    cloud.take(first, other)
    assert one(cloud).frames == 3
    assert cloud.captures.take_block(VAN.address, ID, 1, by="ada") == encode_frames(frames(1))
    assert [row["payload"] for row in cloud.rows(aside_store.shelf)] == [other.payload]
    assert cloud.counts()["shelved"] == 1


def test_a_vehicle_that_gives_no_id_tells_each_capture_as_one_part(cloud: Cloud) -> None:
    block, other = encode_frames(frames(1)), encode_frames(frames(2))
    unsaid: dict[str, Any] = {"id": None, "is_last": True, "wanted_from": None, "wanted_to": None, "running": {}}
    cloud.take(*(said(1, seq, block=sent, **unsaid) for seq, sent in ((1, block), (2, block), (3, other))))
    assert sorted(listed(cloud)) == sorted([digest(block), digest(other)])
    found = one(cloud, digest(block))
    assert (found.parts, found.wanted_from, found.wanted_to, found.is_complete) == (1, None, None, True)


def test_one_id_of_two_vehicles_is_two_captures(cloud: Cloud) -> None:
    bus = Speaker("bus-1")
    cloud.take(said(1), said(2, speaker=bus))
    assert len(listed(cloud)) == 2
    assert [part.number for part in cloud.captures.capture(bus.address, ID)[1]] == [2]


def test_a_clock_that_was_wrong_for_one_part_is_told_of_all(cloud: Cloud) -> None:
    cloud.take(said(1), said(2, clock=Clock.UNSYNCED), said(3))
    assert one(cloud).clock is Clock.UNSYNCED


def test_frames_are_the_vehicles_own_part_by_part(cloud: Cloud) -> None:
    cloud.take(said(3), said(1))
    assert b"".join(took(cloud, CANDUMP)) == candump_log(frames(1)) + candump_log(frames(3))
    head, *rows = b"".join(took(cloud, CSV)).splitlines()
    assert head == b"time_ns,bus,id,flags,length,payload"
    assert rows == [b"%d,can0,%X,0,2,%02X01" % (at, 0x100 + n, n) for n in (1, 3) for at in frames(n).time.tolist()]


def test_formats_that_are_not_known_and_damaged_blocks_are_kept_and_named(cloud: Cloud) -> None:
    cloud.take(said(1), said(2, block=b"of tomorrow", format="frames/9"), said(3, block=b"no block"))
    capture, parts = cloud.captures.capture(VAN.address, ID)
    assert (capture.parts, [part.is_decodable for part in parts]) == (3, [True, False, True])
    with pytest.raises(Refused) as refused:
        took(cloud, CSV)
    assert str(refused.value).startswith(
        "of 2 parts there are no frames (part 2: 'frames/9' is no known format of frames; part 3: a block of frames has"
    )
    assert b"".join(took(cloud, CANDUMP, readable_only=True)) == candump_log(frames(1))
    assert cloud.captures.take_block(VAN.address, ID, 2, by="ada") == b"of tomorrow"


def test_a_block_of_signals_has_no_frames(cloud: Cloud) -> None:
    cloud.take(said(1, format=sample_block.FORMAT))
    with pytest.raises(Refused, match=f"part 1: '{sample_block.FORMAT}' is no known format of frames"):
        took(cloud, CSV)


def test_frames_that_no_candump_log_can_say_are_named_before_anything_is_written(cloud: Cloud) -> None:
    early = replace(frames(1), time=np.array([-1, 0, 1], np.int64))
    cloud.take(said(1, block=encode_frames(early)), said(2))
    with pytest.raises(Refused, match="part 1: a frame has the time -1 ns"):
        took(cloud, CANDUMP)
    assert len(b"".join(took(cloud, CSV)).splitlines()) == 7


def test_a_capture_that_goes_while_it_is_read_ends_the_file_with_an_error() -> None:
    with open_cloud(captures_kept=kept(parts=2)) as cloud:
        cloud.take(said(1), said(2))
        reading = cloud.captures.take(VAN.address, ID, CANDUMP, readable_only=False, by="ada")
        assert next(reading) == b""
        assert next(reading) == candump_log(frames(1))
        cloud.take(said(1, 3, id=f"{9:032x}"))
        with pytest.raises(NotFound):
            next(reading)


def test_who_takes_frames_along_is_written_down(cloud: Cloud) -> None:
    cloud.take(said(1), said(2, format="frames/9"))
    took(cloud, CSV, readable_only=True)
    cloud.captures.take_block(VAN.address, ID, 2, by="bob")
    with pytest.raises(Refused):
        took(cloud, CSV)
    deeds = [entry.deed for entry in cloud.security.audit.entries(AuditFilter(), Window()).items]
    assert [(deed.by, deed.action, deed.fleet, deed.note) for deed in deeds] == [
        ("bob", "take_capture", "north", "block of part 2"),
        ("ada", "take_capture", "north", "frames as csv, 1 parts left out"),
    ]
    assert {deed.subject for deed in deeds} == {f"captures/north/van-7/{ID}"}


def test_a_vehicle_that_counts_beyond_all_bounds_stops_nobody(cloud: Cloud) -> None:
    cloud.take(said(1, count=COUNT_MAX), said(2, count=COUNT_MAX))
    assert one(cloud).frames == COUNT_MAX


def test_what_is_not_there_is_not_found(cloud: Cloud) -> None:
    cloud.take(said(2))
    with pytest.raises(NotFound, match="no capture '0'"):
        cloud.captures.capture(VAN.address, "0")
    with pytest.raises(NotFound, match="part 1 of"):
        cloud.captures.take_block(VAN.address, ID, 1, by="ada")


def test_listings_by_vehicle_trigger_and_time_page_from_the_latest(cloud: Cloud) -> None:
    for n in range(5):
        cloud.take(said(1, n + 1, id=f"{n:032x}", started_at=minute(n), ended_at=minute(n + 1)))
    cloud.take(said(1, 9, id=f"{9:032x}", trigger="button", started_at=minute(-1), ended_at=T0))
    cloud.take(said(1, speaker=Speaker("van-8"), id=f"{8:032x}", started_at=minute(9), ended_at=minute(9)))
    numbers = [9, 0, 1, 2, 3, 4, 8]
    assert [int(name, 16) for name in listed(cloud)] == numbers[::-1]
    assert [int(name, 16) for name in listed(cloud, CaptureFilter(vehicle="van-7", trigger=TRIGGER))] == [4, 3, 2, 1, 0]
    assert [int(name, 16) for name in listed(cloud, CaptureFilter(since=minute(4)))] == [8, 4]
    assert (
        listed(cloud, CaptureFilter(fleet="south")) == listed(cloud, CaptureFilter(within=frozenset({"south"}))) == []
    )
    after, seen = None, []
    while True:
        page = cloud.captures.captures(ALL, Window(2, after))
        seen += [int(capture.id, 16) for capture in page.items]
        after = page.after
        if after is None:
            break
    assert seen == numbers[::-1]
    with pytest.raises(Refused):
        cloud.captures.captures(ALL, Window(2, "nonsense"))


def kept(**changes: object) -> CaptureSettings:
    return replace(CAPTURES, **changes)  # type: ignore[arg-type]  # each test names fields of its own type


def test_of_one_vehicle_the_oldest_whole_captures_go_first() -> None:
    with open_cloud(captures_kept=kept(parts_per_vehicle=5)) as cloud:
        cloud.take(*(said(part, part, id=f"{1:032x}") for part in (1, 2, 3)))
        cloud.take(said(1, speaker=Speaker("van-8")))
        cloud.take(*(said(part, 3 + part, id=f"{2:032x}") for part in (1, 2)))
        assert "captures_expired" not in cloud.counts()
        cloud.take(said(3, 6, id=f"{2:032x}"))
        assert listed(cloud, CaptureFilter(vehicle="van-7")) == [f"{2:032x}"]
        assert len(listed(cloud)) == 2, "another vehicle's stays"
        assert len(cloud.rows(store.capture_parts)) == 4
        assert cloud.counts()["captures_expired"] == 1


def test_of_one_vehicle_so_many_bytes_are_kept() -> None:
    size = len(encode_frames(frames(1)))
    with open_cloud(captures_kept=kept(bytes_per_vehicle=3 * size)) as cloud:
        for n in range(5):
            cloud.take(said(1, n + 1, id=f"{n:032x}"))
        assert sorted(int(name, 16) for name in listed(cloud)) == [2, 3, 4]
        assert cloud.counts()["captures_expired"] == 2


@pytest.mark.parametrize("bound", [{"parts": 3}, {"bytes": 3 * len(encode_frames(frames(1)))}], ids=str)
def test_of_all_vehicles_the_oldest_whole_captures_go_first(bound: dict[str, int]) -> None:
    with open_cloud(captures_kept=kept(**bound)) as cloud:
        for n in range(5):
            cloud.take(said(1, speaker=Speaker(f"van-{n}")))
        left = {capture.address.vehicle for capture in cloud.captures.captures(ALL, Window()).items}
        assert left == {"van-2", "van-3", "van-4"}
        assert cloud.counts()["captures_expired"] == 2


@pytest.mark.parametrize("bound", ["parts_per_vehicle", "parts"])
def test_a_capture_larger_than_all_that_is_kept_keeps_what_fits_and_says_what_is_missing(bound: str) -> None:
    with open_cloud(captures_kept=kept(**{bound: 2})) as cloud:
        [ack] = cloud.take(said(1), said(2), said(3))
        assert ack.upto == 3
        capture, parts = cloud.captures.capture(VAN.address, ID)
        assert [part.number for part in parts] == [1, 2]
        assert (capture.last, capture.is_complete) == (None, False)
        assert cloud.counts()["capture_parts_dropped"] == 1
        assert "captures_expired" not in cloud.counts()


def test_after_some_days_nobody_is_shown_a_capture_and_the_next_part_of_anybody_deletes_it() -> None:
    with open_cloud(captures_kept=kept(kept_for=timedelta(days=1))) as cloud:
        cloud.take(said(1))
        cloud.now = T0 + timedelta(days=1)
        assert listed(cloud) == [ID]
        cloud.now += timedelta(seconds=1)
        assert listed(cloud) == []
        with pytest.raises(NotFound):
            one(cloud)
        with pytest.raises(NotFound):
            took(cloud, CSV)
        with pytest.raises(NotFound):
            cloud.captures.take_block(VAN.address, ID, 1, by="ada")
        assert len(cloud.rows(store.captures)) == 1
        cloud.take(said(1, speaker=Speaker("van-8"), received_at=cloud.now))
        assert [row["vehicle"] for row in cloud.rows(store.captures)] == ["van-8"]
        assert len(cloud.rows(store.capture_parts)) == 1
        assert cloud.counts()["captures_expired"] == 1
