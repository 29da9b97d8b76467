"""How the daemon itself is: what `health` messages tell, every drop counted by cause."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from edge.wire.messages import Health, PartHealth, PartState

COUNTERS_MAX: Final = 500
PARTS_MAX: Final = 200
LOOK_S: Final = 60.0
"""How often the daemon looks at itself."""
WHOLE_S: Final = 900.0
"""How often its health is told although nothing about its parts has changed: the counters are for people to look up."""
SILENCE_S: Final = 90.0
"""After so much silence it is told as a sign of life, without its counters: at every second look, since the cloud
takes a vehicle for offline that it has not heard for three minutes."""


def edge_version() -> str:
    """The installed version; `unknown` in a checkout that was never installed."""
    try:
        return version("telltale")
    except PackageNotFoundError:
        return "unknown"


def health_body(
    *,
    uptime_s: float,
    buses: Mapping[str, str | None],
    askers: Mapping[str, tuple[str | None, str | None]],
    switched_off: Mapping[str, str],
    learning: Mapping[str, str],
    cab: Mapping[str, str],
    counters: Mapping[str, Mapping[str, int]],
    outbox: str | None = None,
    certificate: str | None = None,
    updates: str | None = None,
    power: tuple[PartState, str] | None = None,
) -> Health:
    """The wire message.

    `buses`: why each is down, None where it is up; `askers`: of diagnostics of each bus what keeps it from its work,
    and why it is silent just now, if anything; `switched_off`: detectors that could not go on, with the reason;
    `learning`: how far those are that learn the vehicle; `cab`: outputs that do not reach the driver, and why;
    `outbox`: what keeps it from keeping everything; `certificate`: why it was not renewed;
    `updates`: why a bundle waits; `power`: that the box is shut down or should be, or what keeps it from knowing;
    `counters`: by stage, flattened to `<stage>.<name>`.
    """
    parts = {
        **{f"bus.{name}": _part(reason, PartState.DEGRADED) for name, reason in buses.items()},
        **{f"diagnostics.{name}": _asker(trouble, why) for name, (trouble, why) in askers.items()},
        **{f"detector.{name}": PartHealth(state=PartState.OK, reason=told) for name, told in learning.items()},
        **{f"detector.{name}": _part(reason, PartState.OFF) for name, reason in switched_off.items()},
        **{f"cab.{name}": _part(reason, PartState.OFF) for name, reason in cab.items()},
        **({"outbox": _part(outbox, PartState.DEGRADED)} if outbox else {}),
        **({"certificate": _part(certificate, PartState.DEGRADED)} if certificate else {}),
        **({"updates": _part(updates, PartState.DEGRADED)} if updates else {}),
        **({"power": PartHealth(state=power[0], reason=power[1])} if power else {}),
    }
    flat = {f"{stage}.{name}": count for stage, table in counters.items() for name, count in table.items()}
    return Health(
        version_edge=edge_version(),
        uptime_s=round(uptime_s, 1),
        parts=dict(list(parts.items())[:PARTS_MAX]),
        counters=dict(list(flat.items())[:COUNTERS_MAX]),
    )


class Quiet:
    """Whether a vehicle is parked: none of its buses has said anything for a while."""

    def __init__(self, now_s: float, *, after_s: float) -> None:
        """Begins awake; times are monotonic. `after_s` without a frame, and it is parked."""
        self._after_s = after_s
        self._heard_s = now_s
        self.is_quiet = False

    def heard(self, now_s: float) -> bool:
        """A bus says something; whether that ends a quiet time."""
        self._heard_s = now_s
        woken, self.is_quiet = self.is_quiet, False
        return woken

    def look(self, now_s: float) -> bool:
        """See whether it is quiet by now; whether that is new."""
        was_quiet, self.is_quiet = self.is_quiet, now_s - self._heard_s >= self._after_s
        return self.is_quiet and not was_quiet


class Pulse:
    """Decides when health is worth a message: most of a vehicle's traffic is how it says that it is well."""

    def __init__(self, *, quiet_s: float) -> None:
        """`quiet_s`: how long a parked vehicle says nothing, if nothing happens."""
        self._quiet_s = quiet_s
        self._parts: Mapping[str, PartHealth] | None = None
        self._told_s = 0.0
        self._was_quiet = False

    def of(self, body: Health, *, now_s: float, posted_s: float, is_quiet: bool = False) -> Health | None:
        """What is told of it: whole when it is the first, a part has changed, the vehicle became quiet or awake, or
        long not whole; without counters when nothing was said lately; else nothing.

        `now_s`, `posted_s`: monotonic; when the vehicle last said anything. While it is quiet, it only keeps its word.
        """
        is_silent = now_s - posted_s >= (self._quiet_s - LOOK_S if is_quiet else SILENCE_S)
        due_s = self._told_s + WHOLE_S - (SILENCE_S if is_silent else 0.0)  # rather now than beside a sign of life
        is_due = now_s >= due_s and not is_quiet
        if is_quiet:
            body = body.model_copy(update={"quiet_s": self._quiet_s})
        if body.parts != self._parts or is_quiet is not self._was_quiet or is_due:
            self._parts, self._told_s, self._was_quiet = body.parts, now_s, is_quiet
            return body
        return body.model_copy(update={"counters": {}}) if is_silent else None


def _asker(trouble: str | None, why: str | None) -> PartHealth:
    """Silence is no fault: it is how one behaves."""
    if trouble is not None:
        return _part(trouble, PartState.DEGRADED)
    return PartHealth(state=PartState.OK, reason="" if why is None else f"silent: {why}")


def _part(reason: str | None, state: PartState) -> PartHealth:
    return PartHealth(state=PartState.OK if reason is None else state, reason=reason or "")
