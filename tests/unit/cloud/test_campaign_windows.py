"""Windows of campaigns: parts in any order, twice, missing; nothing unbounded; read as they were sent."""

import io
import itertools
import sys
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pyarrow.parquet  # type: ignore[import-untyped]  # it has no types
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud import pages
from cloud.blocks.candump import candump_log
from cloud.blocks.tables import columns_of, csv_table, parquet_pieces
from cloud.campaigns import window_store as store
from cloud.campaigns.window_model import Window
from cloud.campaigns.windows import Which
from cloud.campaigns.writing import CANDUMP, CSV, PARQUET, Writing
from cloud.errors import NotFound, Refused
from cloud.heard import Heard
from cloud.inbox import aside_store
from edge.wire.blocks import digest
from edge.wire.columns import later
from edge.wire.envelope import Clock
from edge.wire.frame_block import FORMAT as FRAMES
from edge.wire.frame_block import encode_frames
from edge.wire.messages import Hole, HoleCause
from edge.wire.sample_block import Samples, encode_samples
from tests.any_samples import ANY_SAMPLES
from tests.unit.cloud.collecting import ID, OTHER, SOUTH, VAN, WINDOW, create, met, samples, telemetry, window
from tests.unit.cloud.doors import deeds
from tests.unit.cloud.services import WINDOWS, Cloud, open_cloud
from tests.unit.cloud.test_captures import frames
from tests.unit.cloud.vehicle import OTHER_CARD, T0, Speaker, minute

WHICH: Final = Which(VAN.address, ID, WINDOW)
HOLE: Final = Hole(started_at=T0, ended_at=minute(0.1), frames=None, cause=HoleCause.DROPPED)


@pytest.fixture
def cloud(cloud: Cloud) -> Cloud:
    """With a campaign for a fleet of two."""
    return asked(cloud)


def asked(cloud: Cloud) -> Cloud:
    create(met(cloud), known_as=ID)
    return cloud


def one(cloud: Cloud) -> Window:
    return cloud.campaigns.windows.window(WHICH)[0]


def listed(cloud: Cloud, vehicle: str | None = None) -> list[str]:
    return [found.id for found in cloud.campaigns.windows.windows("north", ID, vehicle, pages.Window()).items]


def took(cloud: Cloud, writing: Writing, which: Which = WHICH, *, readable_only: bool = False) -> bytes:
    return b"".join(cloud.campaigns.windows.take(which, writing, readable_only=readable_only, by="ada"))


def of_frames(part: int, seq: int | None = None) -> dict[str, Any]:
    return {"part": part, "seq": seq, "block": encode_frames(frames(part)), "format": FRAMES}


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))), ids=str)
def test_parts_in_any_order_make_one_window(cloud: Cloud, order: tuple[int, ...]) -> None:
    holes = {2: [HOLE.model_dump()]}
    [ack] = cloud.take(*(window(part, holes=holes.get(part, [])) for part in order))
    assert ack.upto == 3
    found, parts = cloud.campaigns.windows.window(WHICH)
    assert found == Window(
        address=VAN.address,
        campaign=ID,
        id=WINDOW,
        format="samples/1",
        started_at=T0 + timedelta(seconds=1),
        ended_at=T0 + timedelta(seconds=4),
        wanted_from=minute(-0.5),
        wanted_to=minute(1),
        rows=9,
        size=sum(part.size for part in parts),
        parts=3,
        highest=3,
        last=3,
        holes=1,
        clock=Clock.SYNCED,
        heard_at=T0,
    )
    assert [(part.number, part.is_last, part.frames) for part in parts] == [(1, False, 3), (2, False, 3), (3, True, 3)]
    assert parts[1].holes == (HOLE,)
    assert not found.is_complete, "a hole is a hole"
    assert cloud.rows(aside_store.shelf) == []


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=15))
def test_what_is_told_is_what_is_there_however_often_and_late_it_comes(arrivals: list[int]) -> None:
    with open_cloud() as cloud:
        asked(cloud)
        for seq, part in enumerate(arrivals, start=1):
            cloud.take(window(part, seq, is_last=part == 6))
        found, parts = cloud.campaigns.windows.window(WHICH)
        there = set(arrivals)
        assert [part.number for part in parts] == sorted(there)
        assert (found.parts, found.rows, found.highest) == (len(there), 3 * len(there), max(there))
        assert found.is_complete == (there == set(range(1, 7)))
        table = csv_table(columns_of(samples(1))).partition(b"\n")[0] + b"\n"
        rows = b"".join(csv_table(columns_of(samples(part))).partition(b"\n")[2] for part in sorted(there))
        assert took(cloud, CSV) == table + rows


def test_what_nobody_asked_for_is_kept_whole_on_the_shelf(cloud: Cloud) -> None:
    unasked = window(1, 1, campaign=None), window(1, 2, campaign="a" * 32), window(1, 1, speaker=SOUTH)
    cloud.take(*unasked)
    assert [row["payload"] for row in cloud.rows(aside_store.shelf)] == [one.payload for one in unasked]
    assert cloud.rows(store.campaign_windows) == []
    assert (cloud.counts()["windows_unknown"], cloud.counts()["shelved"]) == (2, 3)


def test_what_comes_when_it_is_over_is_kept_as_well(cloud: Cloud) -> None:
    cloud.campaigns.end("north", ID, by="ada")
    cloud.take(window(1))
    assert listed(cloud) == [WINDOW]


def test_another_part_in_a_place_that_is_taken_goes_on_the_shelf(cloud: Cloud) -> None:
    first, again, other = window(1), window(1, 2), window(1, 3, block=encode_samples(samples(9)))
    cloud.take(first, again, other)
    assert one(cloud).rows == 3
    assert cloud.campaigns.windows.take_block(WHICH, 1, by="ada") == encode_samples(samples(1))
    assert [row["payload"] for row in cloud.rows(aside_store.shelf)] == [other.payload]


def test_a_part_that_comes_again_after_a_renew_is_kept_once(cloud: Cloud) -> None:
    cloud.take(window(1), window(2))
    again = Speaker(card=OTHER_CARD)
    cloud.take(window(1, 1, speaker=again, clock=Clock.UNSYNCED), window(3, 2, speaker=again))
    assert (one(cloud).parts, one(cloud).clock) == (3, Clock.SYNCED)


def test_a_vehicle_that_names_no_window_tells_each_as_one_part(cloud: Cloud) -> None:
    block = encode_samples(samples(1))
    cloud.take(window(1, 1, window=None, is_last=True), window(1, 2, window=None, is_last=True))
    assert listed(cloud) == [digest(block)]


def test_windows_of_one_vehicle_and_of_all_the_latest_first(cloud: Cloud) -> None:
    late: dict[str, Any] = {"started_at": minute(5), "ended_at": minute(6)}
    cloud.take(window(1, 1), window(1, 2, window="a" * 32, **late), window(1, 1, speaker=OTHER, window="b" * 32))
    assert listed(cloud, "van-7") == ["a" * 32, WINDOW]
    assert listed(cloud) == ["a" * 32, "b" * 32, WINDOW]
    first = cloud.campaigns.windows.windows("north", ID, None, pages.Window(2))
    rest = cloud.campaigns.windows.windows("north", ID, None, pages.Window(2, first.after))
    assert [found.id for found in (*first.items, *rest.items)] == listed(cloud)
    assert rest.after is None


class TestReading:
    def test_frames_are_a_candump_log_and_a_table(self, cloud: Cloud) -> None:
        cloud.take(*(window(**of_frames(part)) for part in (2, 1, 3)))
        assert took(cloud, CANDUMP) == b"".join(candump_log(frames(part)) for part in (1, 2, 3))
        assert len(took(cloud, CSV).splitlines()) == 1 + 9
        table = pyarrow.parquet.read_table(io.BytesIO(took(cloud, PARQUET)))
        assert table["id"].to_pylist() == [0x101] * 3 + [0x102] * 3 + [0x103] * 3

    def test_samples_are_tables_and_no_log(self, cloud: Cloud) -> None:
        cloud.take(window(1), window(2))
        table = pyarrow.parquet.read_table(io.BytesIO(took(cloud, PARQUET)))
        assert table.column_names == ["time_ns", "signal", "value", "unit", "word"]
        assert table["value"].to_pylist() == [*samples(1).value, *samples(2).value]
        with pytest.raises(Refused, match="part 1: samples are no frames"):
            took(cloud, CANDUMP)
        assert took(cloud, CANDUMP, readable_only=True) == b""

    def test_times_of_a_clock_that_was_wrong_are_put_right(self, cloud: Cloud) -> None:
        whole = cloud.features.campaigns.windows
        with cloud.database.transaction() as connection:
            block = encode_samples(samples(1))
            heard = cloud_heard(offset_s=3600.0)
            assert whole.record(connection, heard, telemetry(1, block), block)
        moved = replace(samples(1), time=later(samples(1).time, 3600.0))
        assert took(cloud, CSV) == csv_table(columns_of(moved))
        assert int(moved.time[0] - samples(1).time[0]) == 3600 * 10**9

    def test_what_cannot_be_read_is_left_out_only_where_that_is_asked_for(self, cloud: Cloud) -> None:
        cloud.take(
            window(1),
            window(2, block=b"noise"),
            window(3, block=b"of tomorrow", format="samples/9"),
            window(**of_frames(4)),
        )
        with pytest.raises(Refused) as refused:
            took(cloud, CSV)
        said = str(refused.value)
        assert said.startswith("3 parts cannot be written so (part 2: ")
        assert "part 3: it is 'samples/9', and the window 'samples/1'; part 4: it is 'frames/1'" in said
        assert took(cloud, CSV, readable_only=True) == csv_table(columns_of(samples(1)))
        assert cloud.campaigns.windows.take_block(WHICH, 3, by="ada") == b"of tomorrow"

    def test_a_window_of_a_format_that_is_not_known_here_is_kept_whole(self, cloud: Cloud) -> None:
        cloud.take(window(1, block=b"of tomorrow", format="samples/9"))
        with pytest.raises(Refused, match="is no known format"):
            took(cloud, CSV)
        assert took(cloud, PARQUET, readable_only=True) == b""

    def test_who_takes_it_along_is_written_down(self, cloud: Cloud) -> None:
        cloud.take(window(1))
        took(cloud, CSV)
        cloud.campaigns.windows.take_block(WHICH, 1, by="bob")
        assert [(deed.by, deed.note) for deed in deeds(cloud, "take_window")] == [
            ("bob", "block of part 1"),
            ("ada", "as csv, 0 parts left out"),
        ]
        assert deeds(cloud, "take_window")[0].subject == f"fleets/north/campaigns/{ID}/windows/van-7/{WINDOW}"

    def test_what_is_not_there(self, cloud: Cloud) -> None:
        with pytest.raises(NotFound):
            cloud.campaigns.windows.window(WHICH)
        cloud.take(window(1))
        with pytest.raises(NotFound, match="part 2"):
            cloud.campaigns.windows.take_block(WHICH, 2, by="ada")
        with pytest.raises(NotFound):
            took(cloud, CSV, replace(WHICH, campaign="a" * 32))

    def test_without_pyarrow_it_says_so_before_anything_is_sent(
        self, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cloud.take(window(1))
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        with pytest.raises(Refused, match=r"needs telltale\[parquet\].*Ask for \.csv"):
            cloud.campaigns.windows.take(WHICH, PARQUET, readable_only=False, by="ada")
        assert deeds(cloud, "take_window") == []


@given(st.lists(ANY_SAMPLES, min_size=1, max_size=4))
@settings(deadline=None)
def test_tables_in_pieces_are_one_table(several: list[Samples]) -> None:
    whole = pyarrow.parquet.read_table(io.BytesIO(b"".join(parquet_pieces(columns_of(part) for part in several))))
    assert whole["time_ns"].to_pylist() == np.concatenate([part.time for part in several]).tolist()
    assert whole["signal"].to_pylist() == [part.signals[n].path for part in several for n in part.signal]


class TestBounds:
    def test_the_oldest_whole_windows_of_a_campaign_make_room(self) -> None:
        with open_cloud(windows_kept=replace(WINDOWS, parts_per_campaign=3)) as cloud:
            asked(cloud)
            cloud.take(*(window(1, n, window=f"{n:032x}") for n in range(1, 6)))
            assert listed(cloud) == [f"{n:032x}" for n in (5, 4, 3)]
            cloud.take(*(window(n, 10 + n, window="f" * 32, is_last=False) for n in range(1, 6)))
            assert listed(cloud) == ["f" * 32]
            parts = cloud.campaigns.windows.window(replace(WHICH, window="f" * 32))[1]
            assert [part.number for part in parts] == [1, 2, 3], "none is larger than what is kept"
            assert (cloud.counts()["window_parts_dropped"], cloud.counts()["windows_dropped"]) == (2, 5)

    def test_bytes_are_bounded_too_and_one_campaign_does_not_drive_out_another(self) -> None:
        size = len(encode_samples(samples(1)))
        with open_cloud(windows_kept=replace(WINDOWS, bytes_per_campaign=2 * size + 8)) as cloud:
            asked(cloud)
            other = create(cloud, after_s=9.0).id
            cloud.take(window(1, 1, campaign=other))
            cloud.take(*(window(1, n, window=f"{n:032x}") for n in range(2, 8)))
            assert len(listed(cloud)) == 2
            assert cloud.campaigns.windows.window(replace(WHICH, campaign=other))[0].parts == 1

    def test_of_all_campaigns_the_oldest_go(self) -> None:
        with open_cloud(windows_kept=replace(WINDOWS, parts=2)) as cloud:
            asked(cloud)
            other = create(cloud).id
            cloud.take(window(1, 1, campaign=other), window(1, 2), window(1, 3, window="a" * 32))
            assert len(listed(cloud)) == 2
            with pytest.raises(NotFound):
                cloud.campaigns.windows.window(replace(WHICH, campaign=other))

    def test_after_its_time_nobody_is_shown_it(self, cloud: Cloud) -> None:
        cloud.take(window(1))
        cloud.now += WINDOWS.kept_for
        assert listed(cloud) == [WINDOW]
        cloud.now += timedelta(seconds=1)
        assert listed(cloud) == []
        with pytest.raises(NotFound):
            took(cloud, CSV)
        cloud.take(window(1, 2, window="a" * 32, received_at=cloud.now))
        assert len(cloud.rows(store.campaign_windows)) == len(cloud.rows(store.campaign_window_parts)) == 1

    def test_it_goes_with_its_campaign(self, cloud: Cloud) -> None:
        cloud.take(window(1))
        cloud.now += timedelta(days=400)
        create(cloud, expires_at=cloud.now + timedelta(days=1))
        assert cloud.rows(store.campaign_windows) == cloud.rows(store.campaign_window_parts) == []


def cloud_heard(offset_s: float) -> Heard:
    return Heard(VAN.address, (1, 1), T0, Clock.CORRECTED, T0, offset_s)
