"""What there is to tell, who is told, and who of them when. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cloud.notify.quiet import QuietHours
from edge.wire.messages import Severity

CONTACTS_MAX: Final = 200
"""Of one fleet."""
REASON_LENGTH: Final = 300
TITLE_LENGTH: Final = 200
TEXT_LENGTH: Final = 4000
LINK_LENGTH: Final = 1000
_WEIGHT: Final = {Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell. What vehicles wrote into it is cut to size and freed of control characters."""

    reason: str
    """What makes it happen once: a second notice of one fleet and reason is not told."""
    fleet: str
    vehicle: str | None
    severity: Severity
    title: str
    """One line."""
    text: str
    link: str | None = None
    correlation: str = ""
    """What its lines in the log belong to."""
    escalates: bool = False
    """Whether the next ones are told where nobody sees it."""

    def __post_init__(self) -> None:
        if not 0 < len(self.reason) <= REASON_LENGTH:
            raise ValueError(f"a reason of {len(self.reason)} characters")
        object.__setattr__(self, "title", cut(" ".join(_UNPRINTABLE.sub(" ", self.title).split()), TITLE_LENGTH))
        object.__setattr__(self, "text", cut(_UNPRINTABLE.sub("", self.text), TEXT_LENGTH))
        if self.link is not None and len(self.link) > LINK_LENGTH:
            object.__setattr__(self, "link", None)


@dataclass(frozen=True, slots=True)
class Contact:
    """How one person is told in one way."""

    fleet: str
    id: str
    """Of the fleet's own choice."""
    person: str
    """Who it is: a login, or a name."""
    channel: str
    """Where to; a secret (cloud.notify.channel)."""
    quiet: QuietHours | None = None
    critical_always: bool = False
    """Whether what is critical comes in the quiet hours too."""
    severity_min: Severity = Severity.WARNING
    rank: int = 0
    """The lowest are told at once, the next where nobody sees it; equals together."""
    enabled: bool = True

    def quiet_until(self, severity: Severity, moment: datetime) -> datetime | None:
        """When it may be told that is not to be told now; None: now."""
        if self.quiet is None or (self.critical_always and severity is Severity.CRITICAL):
            return None
        return self.quiet.until(moment)


@dataclass(frozen=True, slots=True)
class Turn:
    """When a contact is told, unless somebody has seen it before."""

    contact: Contact
    due_at: datetime


def turns(notice: Notice, contacts: Iterable[Contact], now: datetime, escalate_after: timedelta) -> list[Turn]:
    """Who is told when: the first rank now, each further one `escalate_after` later if the notice escalates."""
    heard = [one for one in contacts if one.enabled and at_least(notice.severity, one.severity_min)]
    ranks = sorted({one.rank for one in heard})
    called = ranks if notice.escalates else ranks[:1]
    heard.sort(key=lambda one: (one.rank, one.id))
    return [Turn(one, now + called.index(one.rank) * escalate_after) for one in heard if one.rank in called]


def at_least(severity: Severity, least: Severity) -> bool:
    """Whether something is as bad as that, or worse."""
    return _WEIGHT[severity] >= _WEIGHT[least]


def worst(severities: Iterable[Severity]) -> Severity:
    """The worst of some."""
    return max(severities, key=_WEIGHT.__getitem__, default=Severity.INFO)


def cut(text: str, most: int) -> str:
    """Not more than so many characters, and seen to be cut where it is."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
