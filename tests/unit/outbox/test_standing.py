"""How an outbox is, for people: by kind, since when, and without waiting for who has it."""

import threading
import time
from contextlib import closing
from pathlib import Path

from edge.outbox import Moment
from tests.unit.outbox.postings import alert, open_outbox, summary


def test_what_waits_is_told_by_kind_with_the_age_of_its_oldest(tmp_path: Path) -> None:
    at_s = 100.0
    with closing(open_outbox(tmp_path / "outbox.db", now=lambda: Moment(at_s, None))) as outbox:
        empty = outbox.standing(wait_s=0.0)
        assert empty is not None
        assert (list(empty.held), empty.set_aside, empty.trouble) == ([], 0, None)
        outbox.put([summary(1)])
        at_s += 500.0
        outbox.put([alert(2), summary(3)])
        at_s += 35.0
        standing = outbox.standing(wait_s=0.0)
    assert standing is not None
    assert {one.kind: (one.messages, one.oldest_s) for one in standing.held} == {
        "alert": (1, 35.0), "summary": (2, 535.0),
    }  # fmt: skip
    assert sum(one.bytes for one in standing.held) == standing.counters["bytes"]
    assert standing.counters["waiting.alert"] == 1


def test_files_that_were_set_aside_are_counted_with_what_belongs_to_them_once(tmp_path: Path) -> None:
    for number in (1, 2):
        with closing(open_outbox(tmp_path / "outbox.db")):
            pass
        (tmp_path / "outbox.db").write_bytes(b"no database" * 100)
        with closing(open_outbox(tmp_path / "outbox.db")) as outbox:
            (tmp_path / f"outbox.db.damaged-{number}-wal").touch()
            standing = outbox.standing(wait_s=0.0)
        assert standing is not None
        assert standing.set_aside == number


def test_who_only_looks_does_not_wait_for_a_disk_that_hangs(tmp_path: Path) -> None:
    """The turn is held by another thread, as it is while a commit waits for the disk."""
    with closing(open_outbox(tmp_path / "outbox.db")) as outbox:
        held, done = threading.Event(), threading.Event()

        def hang() -> None:
            with outbox._disk.turn:
                held.set()
                done.wait()

        other = threading.Thread(target=hang, daemon=True)
        other.start()
        held.wait()
        began = time.monotonic()
        standing, took_s = outbox.standing(wait_s=0.01), time.monotonic() - began
        done.set()
        other.join()
        assert standing is None
        assert took_s < 2.0
        assert outbox.standing(wait_s=1.0) is not None
