"""The file under the outbox: absent, damaged, another's, full, failing."""

import random
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from edge.errors import ConfigError, EdgeError, OutboxFull
from edge.outbox import Outbox
from edge.outbox.file import ASIDE_MAX, MIGRATIONS
from edge.wire.downlink import Ack
from edge.wire.envelope import Clock, StreamClass
from edge.wire.messages import GapCause
from tests.unit.outbox.postings import (
    acknowledge_all,
    alert,
    everything,
    gaps,
    numbers,
    open_outbox,
    renewing,
    stream_of,
    summary,
)

ALERT, RECORD, BULK = StreamClass


def test_a_missing_folder_is_the_installers_business(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no such folder.*Create it") as caught:
        open_outbox(tmp_path / "absent" / "outbox.db")
    assert caught.value.file == str(tmp_path / "absent")


def test_a_path_that_is_no_file_is_the_installers_business(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Make the file and its folder writable") as caught:
        open_outbox(tmp_path)
    assert caught.value.file == str(tmp_path)


def test_the_file_of_a_newer_telltale_is_kept_for_it(path: Path) -> None:
    """An update that was rolled back must leave a vehicle that works."""
    open_outbox(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = path.read_bytes()
    with closing(open_outbox(path)) as outbox:
        versions = f"schema {len(MIGRATIONS) + 1}, this one knows {len(MIGRATIONS)}"
        assert f"newer Telltale ({versions}); kept as outbox.db.newer-1" in outbox.notes[0]
    assert path.with_name("outbox.db.newer-1").read_bytes() == before


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_set_aside_and_new_streams_begin(path: Path, content: bytes) -> None:
    with closing(open_outbox(path)) as before:
        before.put([alert(1)])
        old = stream_of(before, ALERT)
    path.write_bytes(content)
    with closing(open_outbox(path, start=1000)) as outbox:
        assert path.with_name("outbox.db.damaged-1").read_bytes() == content
        [note] = outbox.notes
        assert str(path) in note
        assert "outbox.db.damaged-1" in note
        outbox.put([alert(2)])
        assert stream_of(outbox, ALERT) != old
    with closing(open_outbox(path)) as again:
        assert again.notes == ()


def test_only_the_last_damaged_files_are_kept(path: Path) -> None:
    for _ in range(ASIDE_MAX + 2):
        path.write_bytes(b"no database at all" * 100)
        open_outbox(path).close()
    assert sorted(kept.name for kept in path.parent.glob("*.damaged-*")) == [
        "outbox.db.damaged-3",
        "outbox.db.damaged-4",
        "outbox.db.damaged-5",
    ]


def test_another_vehicles_outbox_is_set_aside_unsent(path: Path) -> None:
    with closing(open_outbox(path, vehicle="car-1")) as first:
        first.put([alert(1)])
    with closing(open_outbox(path, vehicle="car-2")) as second:
        assert second.is_empty()
        assert "belongs to the vehicle car-1" in second.notes[0]
    path.with_name("outbox.db.foreign-1").rename(path)
    with closing(open_outbox(path, vehicle="car-1")) as third:
        assert numbers(everything(third, ALERT)) == [1]


@pytest.mark.parametrize(
    "blow",
    [
        "DROP TABLE message",
        "DROP TABLE stream",
        "DROP TRIGGER message_out",
        "UPDATE stream SET name = 'alerm-0123456789abcdef' WHERE class = 'alert'",
        "UPDATE stream SET class = 'alerf' WHERE class = 'alert'",
        "UPDATE stream SET next_seq = 1",
    ],
)
def test_a_file_whose_content_makes_no_sense_is_set_aside(path: Path, blow: str) -> None:
    with closing(open_outbox(path)) as before:
        before.put([alert(1), alert(2)])
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(blow)
    with closing(open_outbox(path)) as outbox:
        assert "is damaged" in outbox.notes[0]
        assert outbox.put([alert(3)]) == 1


def test_an_unreadable_message_is_given_up_counted_and_told(path: Path, outbox: Outbox) -> None:
    outbox.put([alert(number) for number in range(1, 5)])
    name = stream_of(outbox, ALERT)
    flip_payloads(path, "seq IN (1, 3)")
    assert numbers(everything(outbox, ALERT)) == [2, 4]
    assert outbox.counters()["lost.unreadable.alert"] == 2
    [told] = everything(outbox, RECORD)
    assert [(gap.stream, gap.ranges, gap.cause) for gap in gaps(outbox)] == [
        (name, [(1, 1), (3, 3)], GapCause.UNREADABLE)
    ]
    assert (told.observed_at.year, told.clock) == (1970, Clock.UNSYNCED), "nobody knows when it was hit"


def test_an_unreadable_message_does_not_keep_a_stream_from_being_renewed(path: Path, outbox: Outbox) -> None:
    outbox.put([alert(number) for number in range(1, 5)])
    old = stream_of(outbox, ALERT)
    flip_payloads(path, "seq = 1")
    with closing(sqlite3.connect(path)) as db, db:  # whole, but of a time when alerts were written otherwise
        db.execute("UPDATE message SET payload = X'7B7D', crc = ? WHERE seq = 2", (0x6C2CEBC6,))
    outbox.acknowledge(renewing(old))
    assert numbers(everything(outbox, ALERT)) == [3, 4]
    assert [uplink.seq for uplink in everything(outbox, ALERT)] == [1, 2]
    assert [(gap.stream, gap.ranges) for gap in gaps(outbox)] == [(old, [(1, 2)])]


def test_a_kind_that_is_none_any_more_is_counted_as_unknown(path: Path, outbox: Outbox) -> None:
    outbox.put([alert(1)])
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE message SET kind = CAST(X'616CFF72' AS TEXT)")
    assert everything(outbox, ALERT) == []
    assert outbox.counters()["lost.unreadable.unknown"] == 1


def test_a_loss_that_cannot_be_read_is_counted_too(path: Path, outbox: Outbox) -> None:
    outbox.put([alert(1)])
    flip_payloads(path, "seq = 1")
    everything(outbox, ALERT)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE gap SET stream = 'alert-?'")
    assert gaps(outbox) == []
    assert outbox.counters()["lost.unreadable.gap"] == 1


def test_a_full_disk_refuses_the_new_and_keeps_the_old(path: Path, outbox: Outbox) -> None:
    outbox.put([alert(1)])
    pages = fill(outbox)
    with pytest.raises(OutboxFull, match=r"outbox\.db.*no space left.*Free some"):
        outbox.put([alert(number) for number in range(2, 200)], remember={"open": b"all"})
    assert outbox.counters()["refused.disk_full"] == 198
    assert numbers(everything(outbox, ALERT)) == [1]
    outbox._disk.db.execute(f"PRAGMA max_page_count = {pages + 1000}")
    outbox.put([alert(number) for number in range(2, 200)])
    assert numbers(everything(outbox, ALERT)) == list(range(1, 200))
    assert [uplink.seq for uplink in everything(outbox, ALERT)] == list(range(1, 200)), "no number was wasted"


def test_a_disk_that_takes_nothing_can_still_be_sent_from(path: Path, outbox: Outbox) -> None:
    outbox.put([alert(1), alert(2), summary(1)])
    flip_payloads(path, "class = 'alert' AND seq = 1")
    everything(outbox, ALERT)
    outbox._disk.db.execute("PRAGMA query_only = ON")
    assert numbers(everything(outbox, ALERT)) == [2]
    assert len(everything(outbox, RECORD)) == 1, "the loss waits to be told"
    with pytest.raises(EdgeError, match=r"outbox\.db: attempt to write a readonly database.*Check its disk"):
        outbox.put([alert(3)])
    with pytest.raises(EdgeError):
        outbox.acknowledge(Ack(stream=stream_of(outbox, ALERT), upto=1))
    assert outbox.counters()["refused.disk_error"] == 1
    outbox._disk.db.execute("PRAGMA query_only = OFF")
    assert len(gaps(outbox)) == 1


def test_what_cannot_be_set_aside_is_the_installers_business(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)
    for number in range(1, ASIDE_MAX + 1):  # as root one may write anywhere, but no folder can be removed as a file
        path.with_name(f"outbox.db.damaged-{number}").mkdir()
    with pytest.raises(ConfigError, match=r"cannot be set aside.*Make its folder writable"):
        open_outbox(path)


def test_damage_that_shows_while_running_is_set_aside_and_what_comes_is_kept(path: Path) -> None:
    """Until a restart, which may be months away, alerts would be refused one by one."""
    with closing(open_outbox(path)) as outbox:
        outbox.put([alert(1)])
        outbox._disk.db.execute("DROP TABLE message")
        with pytest.raises(EdgeError, match=r"outbox\.db: is damaged.*A restart sets it aside"):
            outbox.waiting(ALERT, 0, 9)
        assert outbox.put([alert(2)]) == 1
        assert outbox.counters()["begun_anew"] == 1
        assert "kept as outbox.db.damaged-1" in outbox.notes[0]
        with pytest.raises(EdgeError, match=r"a new outbox was begun\. Connect again"):
            outbox.waiting(ALERT, 7, 9)  # whoever has read so far in the old one would never see the new one's first
        assert numbers(everything(outbox, ALERT)) == [2]
        assert outbox.trouble is None


def test_what_one_statement_complains_of_costs_nothing_when_the_file_is_whole(path: Path) -> None:
    with closing(open_outbox(path)) as outbox:
        outbox.put([alert(1)])
        with pytest.raises(EdgeError, match="is damaged"), outbox._reading() as db:
            db.execute("SELECT nothing")
        outbox.put([alert(2)])
        assert numbers(everything(outbox, ALERT)) == [1, 2]
        assert outbox.notes == ()


def test_a_closed_outbox_says_so(path: Path) -> None:
    outbox = open_outbox(path)
    outbox.close()
    outbox.close()
    with pytest.raises(EdgeError, match=r"outbox\.db.*closed"):
        outbox.put([alert(1)])


@pytest.mark.parametrize("seed", range(40))
def test_flipped_bits_are_damage_or_loss_but_never_a_crash_nor_a_wrong_message(path: Path, seed: int) -> None:
    """What one bad sector does, at a place that nobody chose."""
    with closing(open_outbox(path)) as before:
        before.put([*(alert(number, key=str(number)) for number in range(60)), *(summary(n) for n in range(20))])
    rng = random.Random(seed)
    content = bytearray(path.read_bytes())
    for _ in range(rng.choice([1, 8])):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)
    with suppress(EdgeError), closing(open_outbox(path, start=1000)) as outbox:
        assert set(numbers(everything(outbox, ALERT))) <= set(range(60))
        everything(outbox, RECORD)
        outbox.put([alert(100), summary(100)])
        acknowledge_all(outbox)
        return
    # Damage that only showed in use.
    with closing(open_outbox(path, start=2000)) as outbox:
        assert "is damaged" in outbox.notes[0]


def flip_payloads(path: Path, which: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        for row, payload in db.execute(f"SELECT id, payload FROM message WHERE {which}").fetchall():
            flipped = bytes([payload[0] ^ 1]) + payload[1:]
            db.execute("UPDATE message SET payload = ? WHERE id = ?", (flipped, row))


def fill(outbox: Outbox) -> int:
    """From here on the disk has no page left; how many the file has."""
    [pages] = outbox._disk.db.execute("PRAGMA page_count").fetchone()
    outbox._disk.db.execute(f"PRAGMA max_page_count = {pages}")
    return int(pages)
