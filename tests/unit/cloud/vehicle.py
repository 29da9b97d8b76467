"""A vehicle that says whatever a test wants, as the broker would hand it over."""

from datetime import UTC, datetime, timedelta
from typing import Final

from cloud.inbox.model import Arrival
from edge.wire import messages
from edge.wire.blocks import digest
from edge.wire.codec import encode
from edge.wire.envelope import STREAM_OF, Clock, StreamClass
from edge.wire.messages import (
    Action,
    AlertState,
    Block,
    Body,
    GapCause,
    PartState,
    Severity,
    SignalSummary,
    TroubleCodeStatus,
)
from edge.wire.topics import Address

T0: Final = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
CARD: Final = "0123456789abcdef"
OTHER_CARD: Final = "fedcba9876543210"


class Speaker:
    """One vehicle with one card."""

    def __init__(self, vehicle: str = "van-7", fleet: str = "north", card: str = CARD) -> None:
        self.address = Address(fleet, vehicle)
        self._card = card

    def stream(self, stream_class: StreamClass) -> str:
        return f"{stream_class}-{self._card}"

    def payload(
        self, body: Body, seq: int, *, observed_at: datetime = T0, clock: Clock = Clock.SYNCED, block: bytes = b""
    ) -> bytes:
        return encode(
            body,
            vehicle=self.address.vehicle,
            stream=self.stream(STREAM_OF[body.kind]),
            seq=seq,
            observed_at=observed_at,
            clock=clock,
            block=block or (BLOCK if isinstance(body, Block) else b""),
        )

    def say(
        self,
        body: Body,
        seq: int,
        *,
        observed_at: datetime = T0,
        received_at: datetime = T0,
        clock: Clock = Clock.SYNCED,
        block: bytes = b"",
    ) -> Arrival:
        payload = self.payload(body, seq, observed_at=observed_at, clock=clock, block=block)
        return Arrival(self.address.up(body.kind), payload, received_at)


BLOCK: Final = b"\x00\x01frames"


def minute(n: float) -> datetime:
    """So many minutes after the beginning of the test's time."""
    return T0 + timedelta(minutes=n)


def alert(
    n: int = 1,
    state: AlertState = AlertState.FIRING,
    *,
    summary: str = "Too hot",
    action: Action = Action.STOP_NOW,
) -> messages.Alert:
    resolved = state is AlertState.RESOLVED
    return messages.Alert(
        id=f"{n:032x}",
        rule="coolant_hot",
        component="cooling",
        severity=Severity.CRITICAL,
        action=action,
        state=state,
        started_at=minute(n),
        ended_at=minute(n + 0.5) if resolved else None,
        since_at=minute(n - 0.1),
        summary=summary,
        advice="Let it cool",
        driver="Stop safely now",
        values={"Vehicle.Speed": 50.0, "Vehicle.Cabin.Name": "ü", "unknown": None},
        window_s=30.0,
        flapping=n % 2 == 1,
        freeze_frame={"Vehicle.Speed": 50.0, "Vehicle.Powertrain.CombustionEngine.Speed": 1800.0},
        trip=f"{n:032x}",
    )


def trip(n: int = 1, distance_m: float | None = 1200.0) -> messages.Trip:
    return messages.Trip(
        id=f"{n:032x}",
        started_at=minute(n),
        ended_at=minute(n + 1),
        ended_by="ignition_off",
        distance_m=distance_m,
        moving_s=50.0,
        idle_s=10.0,
        speed_max_kmh=52.0,
        fuel_used_l=None,
        alerts=[f"{n:032x}"],
    )


def summary(n: int = 1, last: float = 48.0) -> messages.Summary:
    speed = SignalSummary(unit="km/h", min=0.0, max=52.0, mean=31.0, last=last, count=600)
    return messages.Summary(started_at=minute(n), ended_at=minute(n + 1), signals={"Vehicle.Speed": speed})


def health(uptime_s: float = 60.0) -> messages.Health:
    part = messages.PartHealth(state=PartState.OK, reason="")
    return messages.Health(
        version_edge="0.1.0", uptime_s=uptime_s, parts={"link": part}, counters={"frames": 2**63 - 1}
    )


def reported(version: int = 0) -> messages.Reported:
    return messages.Reported(desired_version=version, state={"summary_period_s": 60.0}, refusals=[])


def gap(stream: str, *ranges: tuple[int, int]) -> messages.Gap:
    return messages.Gap(stream=stream, ranges=list(ranges), cause=GapCause.EVICTED)


def trouble_code(
    code: str = "P0301", status: TroubleCodeStatus = TroubleCodeStatus.CONFIRMED, *, seen_at: datetime = T0
) -> messages.TroubleCode:
    return messages.TroubleCode(
        ecu="7E8",
        code=code,
        failure_type=None,
        protocol="j1979",
        status=status,
        lamp="on",
        seen_at=seen_at,
        freeze_frame={},
    )


def position(latitude_deg: float = 52.5, longitude_deg: float = 13.4) -> messages.Position:
    return messages.Position(
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
        altitude_m=None,
        speed_kmh=None,
        heading_deg=None,
        accuracy_m=None,
    )


def result() -> messages.Result:
    return messages.Result(command="0" * 32, state=messages.ResultState.DONE, reason="", values={})


def capture() -> messages.Capture:
    return messages.Capture(
        format="frames/1", started_at=T0, ended_at=T0, count=1, sha256=digest(BLOCK), trigger="button"
    )


def telemetry(block: bytes = BLOCK) -> messages.Telemetry:
    return messages.Telemetry(format="samples/1", started_at=T0, ended_at=T0, count=1, sha256=digest(block))
