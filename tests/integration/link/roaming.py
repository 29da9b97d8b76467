"""A program that puts an alert ten times a second, sends it, and tells on its output how it fares; for a namespace."""

import json
import sys
from contextlib import closing
from itertools import count
from pathlib import Path
from threading import Event

from edge.link import Broker, Pace
from tests.integration.link.running import RunningLink
from tests.unit.outbox.postings import alert, open_outbox

PACE = Pace(look_s=0.2, resend_s=1.0, answer_s=2.0, backoff_s=60.0, backoff_max_s=60.0)
"""As on the road, where who waits for the keep-alive or a pause waits half a minute or more; with quick looks."""


def main(folder: Path, url: str) -> None:
    """Until the reader goes away."""
    pace = Event()  # nobody sets it
    with (
        closing(open_outbox(folder / "outbox.db")) as outbox,
        RunningLink(outbox, Broker.of(url), pace=PACE) as running,
    ):
        for number in count():
            outbox.put([alert(number)])
            running.link.wake()
            told = {
                "waiting": outbox.waiting_messages(),
                "trouble": running.link.trouble,
                "put": number,
                **running.link.counters(),
            }
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()
            pace.wait(0.1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
