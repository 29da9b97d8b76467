"""What runs in the machine whose power is cut: the outbox, and somebody who says what it has called durable.

    python3 writer.py FILE

It says what was found, `FOUND <alerts> <notes>`; then, each time that `put` has returned, `DURABLE <alerts>`.
"""

import itertools
import secrets
import sys
from pathlib import Path

from edge.outbox import Limits, Outbox
from edge.wire.codec import decode
from edge.wire.envelope import StreamClass
from edge.wire.messages import Alert
from tests.unit.outbox.postings import ADDRESS, alert

SIZES = (1, 3, 1, 20, 7, 60)
"""Alerts in one commit, in turn."""


def found(outbox: Outbox) -> int:
    """How many alerts are there, the numbers from 0 on and their places from 1 on without a gap; -1: they are not."""
    count = 0
    while messages := outbox.waiting(StreamClass.ALERT, count, 5000):
        for message in messages:
            body = decode(ADDRESS.up(message.kind), message.payload).body
            if not isinstance(body, Alert) or int(body.id, 16) != count or message.seq != count + 1:
                return -1
            count += 1
    return count


def main() -> None:
    """Until the power is gone."""
    outbox = Outbox.open(Path(sys.argv[1]), vehicle=ADDRESS.vehicle, limits=Limits(), random_hex=secrets.token_hex)
    count = found(outbox)
    print(f"FOUND {count} {len(outbox.notes)}", flush=True)
    for size in itertools.cycle(SIZES):
        outbox.put([alert(number) for number in range(count, count + size)])
        count += size
        print(f"DURABLE {count}", flush=True)


if __name__ == "__main__":
    main()
