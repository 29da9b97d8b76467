"""What runs in the machine whose power is cut: the outbox, and somebody who says what it has called durable.

    python3 writer.py FILE

It says what was found, `FOUND <alerts> <notes>`; then, each time that `put` has returned, `DURABLE <alerts>`.
"""

import itertools
import secrets
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.outbox import Limits, Outbox, Posting
from edge.wire.codec import decode
from edge.wire.envelope import Clock, StreamClass
from edge.wire.messages import Action, Alert, AlertState, Severity
from edge.wire.topics import Address

CAR = Address("f", "car")
T0 = datetime(2026, 3, 1, tzinfo=UTC)
SIZES = (1, 3, 1, 20, 7, 60)
"""Alerts in one commit, in turn."""


def alert(number: int) -> Posting:
    """One that differs from every other."""
    at = T0 + timedelta(seconds=number)
    body = Alert(
        id=f"{number:032x}",
        rule="coolant-hot",
        component="cooling",
        severity=Severity.WARNING,
        action=Action.NEAREST_WORKSHOP,
        state=AlertState.FIRING,
        started_at=at,
        ended_at=None,
        since_at=at,
        summary=f"Alert {number}",
        advice="Look",
        driver="",
        values={"Vehicle.Speed": float(number)},
    )
    return Posting(body, at, Clock.SYNCED)


def found(outbox: Outbox) -> int:
    """How many alerts are there, the numbers from 0 on and their places from 1 on without a gap; -1: they are not."""
    count = 0
    while messages := outbox.waiting(StreamClass.ALERT, count, 5000):
        for message in messages:
            body = decode(CAR.up(message.kind), message.payload).body
            if not isinstance(body, Alert) or int(body.id, 16) != count or message.seq != count + 1:
                return -1
            count += 1
    return count


def main() -> None:
    """Until the power is gone."""
    outbox = Outbox.open(Path(sys.argv[1]), vehicle="car", limits=Limits(), random_hex=secrets.token_hex)
    count = found(outbox)
    print(f"FOUND {count} {len(outbox.notes)}", flush=True)
    for size in itertools.cycle(SIZES):
        outbox.put([alert(number) for number in range(count, count + size)])
        count += size
        print(f"DURABLE {count}", flush=True)


if __name__ == "__main__":
    main()
