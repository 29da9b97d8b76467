"""What lasts on the disk: what was saved is there after a power cut, and what a disk has changed is not believed."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.updates.disk import Disk
from edge.updates.journal import Journal
from edge.updates.store import DiskRefuses, Store
from tests.bundles import VERSION, bundle_of, none_of
from tests.small_disks import KINDS, fill, free_up, small_disk
from tests.unit.outbox.postings import memory_folder
from tests.unit.updates.plug import Plug, PowerCut

ARCHIVE = Random(1).randbytes(3000)
BUNDLE = bundle_of(ARCHIVE)


@given(st.integers(0, 40), st.integers(0, 2**32))
def test_what_was_saved_is_there_after_a_power_cut(after: int, seed: int) -> None:
    with memory_folder() as folder:
        saved, under_way = Journal(), Journal()
        plug = Plug(after, Random(seed), folder)
        with suppress(PowerCut):
            store = Store(folder, disk=plug)
            for version in range(1, 20):
                under_way = saved.wants(none_of(version))
                store.save(under_way)
                saved = under_way
        assert Store(folder).journal in (saved, under_way)


@given(st.integers(0, 30), st.integers(0, 2**32))
def test_what_was_fetched_is_there_after_a_power_cut(after: int, seed: int) -> None:
    with memory_folder() as folder:
        written = 0
        with suppress(PowerCut):
            store = Store(folder, disk=Plug(after, Random(seed), folder))
            for at in range(0, 3000, 500):
                store.append(BUNDLE, ARCHIVE[at : at + 500])
                written = at + 500
        store = Store(folder)
        assert store.fetched(BUNDLE) >= written
        store.append(BUNDLE, ARCHIVE[store.fetched(BUNDLE) :])
        assert store.is_whole(BUNDLE)


@given(st.integers(0, 2000), st.integers(0, 7))
def test_a_bit_of_the_journal_that_flips_is_not_believed(place: int, bit: int) -> None:
    with memory_folder() as folder:
        store = Store(folder)
        store.save(Journal().wants(BUNDLE).fetching("now"))
        file = folder / "updates" / "journal.json"
        raw = bytearray(file.read_bytes())
        raw[place % (len(raw) - 1)] ^= 1 << bit  # the last is the end of the line
        file.write_bytes(raw)
        looked_at = Store(folder, is_looked_at=True)
        assert looked_at.journal == Journal()
        assert "cannot be read" in looked_at.note
        assert file.exists()
        assert Store(folder).journal == Journal()
        assert file.with_name("journal.json.damaged").read_bytes() == raw
        assert Store(folder).note == "", "set aside, it is said once"


def test_an_archive_that_differs_is_not_whole(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert not store.is_whole(BUNDLE)
    store.append(BUNDLE, ARCHIVE[:-1])
    assert not store.is_whole(BUNDLE)
    store.append(BUNDLE, bytes([ARCHIVE[-1] ^ 1]))
    assert not store.is_whole(BUNDLE)
    store.sweep()
    assert store.fetched(BUNDLE) == 0
    store.append(BUNDLE, ARCHIVE)
    assert store.is_whole(BUNDLE)


def test_archives_of_others_are_swept_away(tmp_path: Path) -> None:
    store, other = Store(tmp_path), bundle_of(b"other", version=VERSION + 1)
    store.append(BUNDLE, ARCHIVE)
    store.append(other, b"oth")
    store.sweep(other)
    assert (store.fetched(BUNDLE), store.fetched(other)) == (0, 3)


def refused_at_last(act: Callable[[int], None]) -> None:
    """Some of a file's last block may be free, and of what the file system keeps for itself."""
    with pytest.raises(DiskRefuses, match="No space left"):  # noqa: PT012  # not at once
        for number in range(0, 60_000, 100):
            act(number)


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_changes_nothing_and_is_said(tmp_path: Path, kind: str) -> None:
    archive = os.urandom(64 * 1024)
    bundle = bundle_of(archive)
    with small_disk(kind, tmp_path, 8) as disk:
        store = Store(disk)
        store.save(Journal().wants(bundle))
        store.append(bundle, archive[:1000])
        fill(disk)
        refused_at_last(lambda number: store.append(bundle, archive[1000 + number : 2000 + number]))
        have = store.fetched(bundle)
        refused_at_last(lambda number: store.save(Journal().wants(bundle).fetching("x" * number)))
        assert Store(disk).journal == store.journal
        free_up(disk)
        assert store.fetched(bundle) == have
        store.append(bundle, archive[have:])
        assert store.fetched(bundle) == bundle.size


def test_room_is_what_the_file_system_says(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert abs((store.room() or 0) - Disk().free_bytes(tmp_path)) < 100_000_000
