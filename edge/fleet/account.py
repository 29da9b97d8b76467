"""Account: what a fleet has done so far, counted over all its boxes, in words."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from edge.fleet.box import Box
from edge.wire.topics import Kind


@dataclass(slots=True)
class Account:
    """Sums over boxes. Queued + gaps = acknowledged + waiting + dropped."""

    vehicles: int = 0
    connected: int = 0
    queued: Counter[Kind] = field(default_factory=Counter)
    """What the vehicles had to say, by kind."""
    sent: int = 0
    """Each message once."""
    repeated: int = 0
    """Messages that were sent again: after a while without acknowledgement, or on a new connection."""
    acknowledged: int = 0
    waiting: int = 0
    """For the cloud's acknowledgement."""
    dropped: int = 0
    """Evicted from a full outbox, or refused by it."""
    sessions: int = 0
    losses: int = 0
    """Sessions that broke off."""
    seconds: int = 0
    seconds_awake: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    """Why boxes have no session."""

    def add(self, box: Box) -> None:
        """Count one box."""
        spool, link = box.spool.counters(), box.link.counters()
        self.vehicles += 1
        self.queued.update(box.spool.queued)
        self.sent += box.spool.sent
        self.repeated += max(0, _sum(link, ("sent.", "resent.")) - box.spool.sent)
        self.acknowledged += box.spool.acknowledged
        self.waiting += _sum(spool, ("waiting.",))
        self.dropped += _sum(spool, ("lost.",)) + box.refused
        self.sessions += link.get("sessions", 0)
        self.losses += link.get("losses", 0)
        self.seconds += box.life.seconds
        self.seconds_awake += box.seconds_awake
        if box.link.trouble:
            self.troubles[box.link.trouble] += 1
        else:
            self.connected += 1

    def line(self, *, now_s: float, late: str, awake: int, cpu_share: float) -> str:
        """How it stands, for a terminal."""
        told = (
            f"{now_s:,.0f} s: {self.vehicles:,} vehicles, {awake:,} awake, {self.connected:,} connected; "
            f"{self._messages()}; {late}, {cpu_share:.0%} of a core"
        )
        if self.troubles:
            [(why, times)] = self.troubles.most_common(1)
            told += f"; {times:,} not connected: {why}"
        return told

    def text(self, *, run_s: float, cpu_s: float) -> str:
        """The whole of it, for the end."""
        each_ms = 1000.0 * cpu_s / self.seconds_awake if self.seconds_awake else 0.0
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(self.queued.items()) if count)
        lines = [
            f"vehicles     {self.vehicles:,}, in {run_s:,.1f} s",
            f"lived        {self.seconds:,} s, of them {self.seconds_awake:,} s awake",
            f"messages     {self._messages()}",
            f"queued       {kinds or 'none'}",
            f"sessions     {self.sessions:,} made, {self.losses:,} lost",
            f"cpu          {cpu_s:,.1f} s, {each_ms:.2f} ms for a second that a vehicle is awake",
        ]
        return "\n".join(lines) + "\n"

    def _messages(self) -> str:
        return (
            f"{self.queued.total():,} queued, {self.sent:,} sent, {self.repeated:,} again, "
            f"{self.acknowledged:,} acknowledged, {self.waiting:,} waiting, {self.dropped:,} dropped"
        )


def _sum(counters: dict[str, int], names: Iterable[str]) -> int:
    return sum(count for name, count in counters.items() if name.startswith(tuple(names)))
