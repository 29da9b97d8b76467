"""A damaged outbox costs what the damage hit: the rest is taken over, in its order, with what was remembered."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from edge.errors import EdgeError
from edge.outbox import Limits, Outbox
from edge.outbox.salvage import Salvage
from edge.wire.downlink import ack_of
from edge.wire.envelope import StreamClass
from edge.wire.messages import GapCause
from tests.unit.outbox.postings import alert, everything, gaps, numbers, open_outbox, summary, telemetry

FIRING = b'{"at": 1}'


def day(path: Path, *, limits: Limits | None = None) -> None:
    """An outbox with a backlog."""
    with closing(open_outbox(path, limits=limits or Limits())) as outbox:
        outbox.put([alert(n) for n in range(300)], remember={"alerts.firing": FIRING})
        outbox.put([summary(n) for n in range(50)])
        outbox.put([telemetry(n, size=5000) for n in range(20)])


def break_header_of_a_table(path: Path, table: str) -> None:
    """SQLite cannot go on at its root page; leaves and other tables are whole."""
    with closing(sqlite3.connect(path)) as db:
        [page] = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        [size] = db.execute("PRAGMA page_size").fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * size] = 0xEE
    path.write_bytes(content)


def break_bytes(path: Path, what: bytes) -> None:
    """Every place with these bytes, in the middle of a payload."""
    content = path.read_bytes()
    assert what in content
    path.write_bytes(content.replace(what, what[::-1]))


def test_an_index_that_is_gone_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "edge.db"
    day(path)
    with closing(sqlite3.connect(path)) as db:
        [index] = db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'message' LIMIT 1"
        ).fetchone()
    break_header_of_a_table(path, index)
    with closing(open_outbox(path, start=5000)) as outbox:
        assert numbers(everything(outbox, StreamClass.ALERT)) == list(range(300)), "in their order"
        assert len(everything(outbox, StreamClass.RECORD)) == 50
        assert len(everything(outbox, StreamClass.BULK)) == 20
        assert outbox.recall("alerts.firing") == FIRING
        [note] = outbox.notes
        assert "370 of 370 messages taken over, 0 lost" in note
        assert outbox.counters()["saved"] == 370
        assert outbox.counters()["begun_anew"] == 1


def test_what_cannot_be_read_of_a_broken_file_is_declared_under_its_old_number(tmp_path: Path) -> None:
    path = tmp_path / "edge.db"
    day(path)
    break_bytes(path, b'"Alert 77"')
    break_header_of_a_table(path, "queued_key")
    with closing(open_outbox(path, start=5000)) as outbox:
        assert numbers(everything(outbox, StreamClass.ALERT)) == [n for n in range(300) if n != 77]
        [gap] = gaps(outbox)
        assert (gap.ranges, gap.cause) == ([(78, 78)], GapCause.UNREADABLE)
        assert gap.stream.startswith("alert-")
        assert gap.stream != everything(outbox, StreamClass.ALERT)[0].stream
        assert "369 of 370 messages taken over, 1 lost" in outbox.notes[0]


def test_losses_that_the_cloud_was_not_told_of_are_told(tmp_path: Path) -> None:
    path = tmp_path / "edge.db"
    day(path, limits=Limits(messages=365))
    break_header_of_a_table(path, "queued_key")
    with closing(open_outbox(path, start=5000)) as outbox:
        [gap] = gaps(outbox)
        assert (gap.stream[:4], gap.ranges, gap.cause) == ("bulk", [(1, 5)], GapCause.EVICTED)


def test_the_root_of_all_messages_gone_is_counted_and_the_rest_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "edge.db"
    day(path)
    break_header_of_a_table(path, "message")
    with closing(open_outbox(path, start=5000)) as outbox:
        assert everything(outbox, StreamClass.ALERT) == []
        assert outbox.counters()["lost.unreadable.unknown"] == 370
        assert "0 of 370 messages taken over, 370 lost" in outbox.notes[0]
        assert outbox.recall("alerts.firing") == FIRING


def test_pages_in_the_middle_cost_what_is_in_them(tmp_path: Path) -> None:
    path = tmp_path / "edge.db"
    day(path)
    content = bytearray(path.read_bytes())
    at = content.index(b'"Alert 150"') // 4096 * 4096
    content[at : at + 4096] = bytes(4096)
    path.write_bytes(content)
    with closing(open_outbox(path, start=5000)) as outbox:
        found = numbers(everything(outbox, StreamClass.ALERT))
        lost = outbox.counters()["lost.unreadable.unknown"]
        assert 0 < lost <= 20
        assert len(found) == 300 - lost
        assert found == sorted(found)
        assert len(everything(outbox, StreamClass.BULK)) == 20


@pytest.mark.parametrize("vehicle", ["car-2"])
def test_another_vehicle_s_messages_are_never_taken(tmp_path: Path, vehicle: str) -> None:
    path = tmp_path / "edge.db"
    day(path)
    with closing(open_outbox(path, vehicle=vehicle, start=5000)) as outbox:
        assert outbox.is_empty()
        assert outbox.notes[0].endswith("nothing of it is taken over")


def test_what_shows_damage_while_it_runs_is_taken_over_too(tmp_path: Path) -> None:
    path = tmp_path / "edge.db"
    with closing(open_outbox(path)) as outbox:
        outbox.put([alert(n) for n in range(50)])
        [first, *_] = outbox.waiting(StreamClass.ALERT, 0, 10)
        outbox.acknowledge(ack_of(first.stream, [(1, 10)]))
        outbox._disk.db.execute("PRAGMA writable_schema = ON")
        outbox._disk.db.execute("UPDATE sqlite_master SET sql = replace(sql, 'UNIQUE', '') WHERE name = 'queued_key'")
        outbox._disk.db.execute("DROP TABLE held")
        outbox.put([alert(50)])
        assert outbox.counters()["saved"] == 40
        assert sorted(again(outbox)) == list(range(10, 51))


def again(outbox: Outbox) -> list[int]:
    """As the link does, which is told once to connect anew."""
    try:
        return numbers(everything(outbox, StreamClass.ALERT))
    except EdgeError:
        return numbers(everything(outbox, StreamClass.ALERT))


def test_a_tree_that_leads_in_circles_ends() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE rows (id, class, seq, kind, crc, payload)")
        db.executemany("INSERT INTO rows VALUES (?, 'alert', 1, 'alert', 0, X'00')", [(n % 7,) for n in range(100)])
        db.execute("CREATE VIEW message AS SELECT id - 3 AS id, class, seq, kind, crc, payload FROM rows")
        assert list(Salvage(db, "car-1").messages()) == []
