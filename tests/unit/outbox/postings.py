"""Things to put into an outbox, and an outbox to put them into, the same in every run."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.outbox import Limits, Moment, Outbox, Posting, Waiting
from edge.wire.codec import Uplink, decode
from edge.wire.downlink import Ack, ack_of
from edge.wire.envelope import Clock, StreamClass
from edge.wire.messages import (
    Action,
    Alert,
    AlertState,
    Body,
    Capture,
    Fetch,
    Gap,
    Health,
    Position,
    Reported,
    Result,
    ResultState,
    Severity,
    Summary,
    Telemetry,
    Trip,
    TroubleCode,
    TroubleCodeStatus,
)
from edge.wire.topics import Address, Kind

ADDRESS = Address("fleet-1", "car-1")
T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
ROOMY = Limits()


@contextmanager
def memory_folder() -> Iterator[Path]:
    """A folder in memory where there is one: thousands of commits need not wait for a disk that nobody unplugs."""
    shm = Path("/dev/shm")
    with TemporaryDirectory(prefix="telltale-", dir=shm if shm.is_dir() else None) as folder:
        yield Path(folder)


def alert(number: int, *, key: str | None = None) -> Posting:
    """An alert that differs from every other number's."""
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
    return Posting(body, at, Clock.SYNCED, key=key)


def summary(number: int) -> Posting:
    """A record."""
    at = T0 + timedelta(minutes=number)
    return Posting(Summary(started_at=at, ended_at=at + timedelta(minutes=1), signals={}), at, Clock.SYNCED)


def telemetry(number: int, *, size: int = 100) -> Posting:
    """A block of `size` bytes."""
    at = T0 + timedelta(seconds=number)
    block = bytes([number % 256]) * size
    body = Telemetry(format="test/1", started_at=at, ended_at=at, count=size, sha256=hashlib.sha256(block).hexdigest())
    return Posting(body, at, Clock.SYNCED, block=block)


def any_of(kind: Kind, number: int, *, size: int = 100) -> Posting:
    """A message of a kind: an alert, a summary and a block as above, one of the others in the same manner."""
    if kind is Kind.ALERT:
        return alert(number)
    if kind is Kind.SUMMARY:
        return summary(number)
    at = T0 + timedelta(seconds=number)
    block = bytes([number % 256]) * size
    head = {"started_at": at, "ended_at": at, "count": size, "sha256": hashlib.sha256(block).hexdigest()}
    bodies: dict[Kind, Callable[[], Body]] = {
        Kind.TELEMETRY: lambda: Telemetry.model_validate({"format": "test/1", **head}),
        Kind.CAPTURE: lambda: Capture.model_validate({"format": "test/1", "trigger": "button", **head}),
        Kind.HEALTH: lambda: Health(version_edge="0", uptime_s=number, parts={}, counters={}),
        Kind.POSITION: lambda: Position.model_validate(
            dict.fromkeys(Position.model_fields, None) | {"latitude_deg": 50.0, "longitude_deg": 7.0}
        ),
        Kind.RESULT: lambda: Result(command=f"{number:032x}", state=ResultState.DONE, reason="", values={}),
        Kind.FETCH: lambda: Fetch(bundle=f"{number:032x}", offset=0, size=1),
        Kind.REPORTED: lambda: Reported(desired_version=number, state={}, refusals=[]),
        Kind.TRIP: lambda: Trip.model_validate(
            {name: None for name, field in Trip.model_fields.items() if field.is_required()}
            | {"id": f"{number:032x}", "started_at": at, "ended_at": at, "ended_by": "silence", "alerts": []}
        ),
        Kind.DTC: lambda: TroubleCode(
            ecu="engine",
            code="P0301",
            failure_type=None,
            protocol="obd",
            status=TroubleCodeStatus.PENDING,
            lamp=None,
            seen_at=at,
            freeze_frame={},
        ),
    }
    body = bodies[kind]()
    return Posting(body, at, Clock.SYNCED, block=block if kind in (Kind.TELEMETRY, Kind.CAPTURE) else b"")


def counting_hex(start: int = 1) -> Callable[[int], str]:
    """Hex digits that never repeat, and are the same in every run."""
    numbers = count(start)
    return lambda size: f"{next(numbers):0{2 * size}x}"


def open_outbox(
    path: Path,
    *,
    limits: Limits = ROOMY,
    vehicle: str = ADDRESS.vehicle,
    start: int = 1,
    now: Callable[[], Moment] | None = None,
) -> Outbox:
    """An outbox in this file."""
    return Outbox.open(path, vehicle=vehicle, limits=limits, random_hex=counting_hex(start), now=now)


def understood(messages: Iterable[Waiting]) -> list[Uplink]:
    """What the cloud would read."""
    return [decode(ADDRESS.up(message.kind), message.payload) for message in messages]


def everything(outbox: Outbox, stream_class: StreamClass) -> list[Uplink]:
    """All that waits in one class."""
    return understood(outbox.waiting(stream_class, 0, 1_000_000))


def numbers(uplinks: Iterable[Uplink]) -> list[int]:
    """The numbers that `alert` was given."""
    return [int(uplink.body.id, 16) for uplink in uplinks if isinstance(uplink.body, Alert)]


def gaps(outbox: Outbox) -> list[Gap]:
    """The gaps that wait among the records."""
    return [uplink.body for uplink in everything(outbox, StreamClass.RECORD) if isinstance(uplink.body, Gap)]


def acknowledge_all(outbox: Outbox) -> None:
    """As a cloud does that has everything."""
    for stream_class in StreamClass:
        for message in outbox.waiting(stream_class, 0, 1_000_000):
            outbox.acknowledge(ack_of(message.stream, [(message.seq, message.seq)]))


def stream_of(outbox: Outbox, stream_class: StreamClass) -> str:
    """The name of a class that has something waiting."""
    return outbox.waiting(stream_class, 0, 1)[0].stream


def renewing(stream: str) -> Ack:
    """The cloud has met another's messages in this stream."""
    return Ack(stream=stream, upto=0, renew=True)
