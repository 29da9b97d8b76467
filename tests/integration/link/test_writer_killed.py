"""kill -9 of whoever writes the outbox: all that `put` had returned for is there, and once."""

import multiprocessing
import random
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from edge.wire.envelope import StreamClass
from tests.integration.link.writer import LAST, write
from tests.unit.outbox.postings import everything, numbers, open_outbox
from tests.waiting import DEADLINE_S

ROUNDS: Final = 25


def test_killed_at_any_moment_it_holds_what_was_put_exactly_once(tmp_path: Path) -> None:
    """Every run puts everything again from the beginning: what a restarted replay does with its alerts."""
    path = tmp_path / "outbox.db"
    rng = random.Random(2)
    context = multiprocessing.get_context("forkserver")  # imports once, so that a round takes milliseconds
    context.set_forkserver_preload(["tests.integration.link.writer"])
    progress = []
    for _ in range(ROUNDS):
        hears, tells = context.Pipe(duplex=False)
        writer = context.Process(target=write, args=(path, rng.randint(1, 9), tells), name="writer")
        writer.start()
        tells.close()
        durable = 0
        with hears, suppress(EOFError):
            patience = rng.randint(1, 60)
            for told in range(10_000):
                if told == patience:
                    writer.kill()
                assert hears.poll(DEADLINE_S)
                durable = hears.recv()
        writer.join()
        assert writer.exitcode == -9
        with closing(open_outbox(path)) as outbox:
            assert outbox.notes == ()
            found = everything(outbox, StreamClass.ALERT)
            assert numbers(found) == list(range(len(found))), "in order, none twice, none missing"
            assert [uplink.seq for uplink in found] == list(range(1, len(found) + 1))
            assert len(found) >= durable, "put had returned"
            last = outbox.recall(LAST)
            assert last is not None
            assert int(last) < len(found)
            progress.append(len(found))
    assert progress[-1] > progress[0] > 0
