"""What can go wrong in the cloud; every error says what to do next.

`status` is what the API answers with (RFC 9110); the API turns every CloudError into a problem document (RFC 9457).
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

EXIT_CONFIG = 78
"""sysexits.h EX_CONFIG: a supervisor must not start a broken configuration again and again."""


class CloudError(Exception):
    """Base of all errors that the cloud raises on purpose."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    """Last part of the problem's `type`, for programs."""
    title: ClassVar[str] = "Something went wrong"
    """The same in words, for people."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Header fields that the answer needs."""
        return {}

    @property
    def members(self) -> Mapping[str, object]:
        """What the problem document says beyond the standard members."""
        return {}


class ConfigError(CloudError):
    """What the operator wrote cannot be used; names the file, the place and the remedy (exit 78)."""

    slug = "config"

    def __init__(self, problem: str, *, file: Path | str | None = None, place: str = "", remedy: str = "") -> None:
        where = ", ".join(part for part in ("" if file is None else str(file), place) if part)
        text = f"{where}: {problem}" if where else problem
        super().__init__(f"{text}. {remedy}" if remedy else text)


class NotFound(CloudError):
    """There is no such thing."""

    status = 404
    slug = "not-found"
    title = "Not found"


class Conflict(CloudError):
    """It is not in a state that allows this."""

    status = 409
    slug = "conflict"
    title = "Conflict"


class Refused(CloudError):
    """The request is understood and cannot be met as it stands."""

    status = 422
    slug = "refused"
    title = "The request cannot be met as it stands"


class SlotTaken(Conflict):
    """Somebody else was quicker; new offers show what is left."""

    slug = "slot-taken"
    title = "Taken meanwhile"


class NoSlot(Refused):
    """There is no time for a job; `reasons` says of each centre why."""

    slug = "no-slot"
    title = "No time can be offered"

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.reasons = dict(reasons)
        told = "; ".join(f"{centre}: {reason.replace('_', ' ')}" for centre, reason in sorted(self.reasons.items()))
        super().__init__(told or "there are no centres yet: PUT one under /api/v1/centres")

    @property
    def members(self) -> Mapping[str, object]:
        """Each centre with its reason."""
        return {"reasons": self.reasons}


class TooLarge(CloudError):
    """More was sent than anybody needs to send."""

    status = 413
    slug = "too-large"
    title = "Too much was sent"


class NotAuthenticated(CloudError):
    """Nobody knows who asks."""

    status = 401
    slug = "not-authenticated"
    title = "Who are you?"

    @property
    def headers(self) -> Mapping[str, str]:
        """RFC 9110, 11.6.1: a 401 names the scheme."""
        return {"WWW-Authenticate": "Bearer"}


class NotAllowed(CloudError):
    """Who asks is known and may not."""

    status = 403
    slug = "not-allowed"
    title = "Not allowed"


class TooMany(CloudError):
    """Too much at once or too often; says when to come back."""

    status = 429
    slug = "too-many"
    title = "Too many"

    def __init__(self, detail: str, *, wait_s: float) -> None:
        self.wait_s = math.ceil(wait_s)
        super().__init__(f"{detail}; try again in {self.wait_s} s")

    @property
    def headers(self) -> Mapping[str, str]:
        """RFC 6585, 4: when to try again."""
        return {"Retry-After": str(self.wait_s)}


class UpstreamDown(CloudError):
    """Something that the cloud depends on cannot be used just now; try again."""

    status = 503
    slug = "upstream-down"
    title = "Not available just now"


class NotReady(UpstreamDown):
    """The service runs and cannot do its work yet, or any longer; `parts` says which part and why."""

    slug = "not-ready"
    title = "Not ready"

    def __init__(self, parts: Mapping[str, str]) -> None:
        self.parts = dict(parts)
        """Empty reason: that part works."""
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in self.parts.items() if reason))

    @property
    def members(self) -> Mapping[str, object]:
        """Every part with its reason."""
        return {"parts": self.parts}


class PartEnded(CloudError):
    """A part of the service ended although nobody asked it to; the service ends with it, loudly."""

    def __init__(self, part: str) -> None:
        super().__init__(f"{part} ended by itself")
