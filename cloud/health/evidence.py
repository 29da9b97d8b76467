"""Evidence: all that is known of one vehicle when it is diagnosed. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from cloud.health.model import StandingCode
from cloud.health.stretch import Stretch


@dataclass(frozen=True, slots=True)
class HeardAlert:
    """An alert that counts: it is open, or began lately and was not called false."""

    rule: str
    component: str
    severity: str
    summary: str
    started_at: datetime
    is_open: bool


@dataclass(frozen=True)
class Evidence:
    """What a diagnosis looks at; nothing in it is older than the component's last service."""

    at: datetime
    stretches: Sequence[Stretch] = ()
    """Quarters of an hour, oldest first."""
    alerts: Sequence[HeardAlert] = ()
    codes: Sequence[StandingCode] = ()
    """Those that are stored now, and those that went."""
    days: Sequence[Stretch] = field(default=())
    """The same minutes by day, and those before; oldest first."""
    limits: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def telling(self) -> Mapping[str, Sequence[Stretch]]:
        """By indicator: the quarters that tell it, oldest first. Every symptom of every component asks for them."""
        found: defaultdict[str, list[Stretch]] = defaultdict(list)
        for stretch in self.stretches:
            for name in stretch.figures:
                found[name].append(stretch)
        return dict(found)

    @property
    def heard_from(self) -> datetime | None:
        """Since when there are figures."""
        first = [stretches[0].started_at for stretches in (self.days, self.stretches) if stretches]
        return min(first) if first else None
