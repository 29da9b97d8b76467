"""Commands and their life: waiting, sent, and how they ended. Pure; times are by the cloud's clock."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from edge.wire.commands import CommandName
from edge.wire.messages import Result, Value
from edge.wire.topics import Address

SAY_EVERY: Final = timedelta(seconds=30)
"""A vehicle takes a repeated id for what it is: the same command."""
GRACE: Final = timedelta(minutes=5)
"""From a command's end until nobody waits for its result any more: it may have been begun in the last second, and its
result stand behind others. One that comes later counts all the same."""
NO_ANSWER: Final = "the vehicle has not answered"
NOT_SENT: Final = "it could not be sent: the broker was away"


class CommandState(StrEnum):
    """Where a command is."""

    WAITING = "waiting"
    """Not sent yet."""
    SENT = "sent"
    """Said, perhaps more than once; nobody has answered."""
    DONE = "done"
    REFUSED = "refused"
    """The vehicle does not do that."""
    FAILED = "failed"
    EXPIRED = "expired"
    """The vehicle heard it too late, or has not answered."""

    @property
    def is_open(self) -> bool:
        """Whether a result is waited for."""
        return self in {CommandState.WAITING, CommandState.SENT}


@dataclass(frozen=True, slots=True)
class Command:
    """Something that is asked of a vehicle once."""

    address: Address
    id: str
    """32 hex digits; with the vehicle, its name."""
    name: CommandName
    arguments: Mapping[str, Value]
    by: str
    issued_at: datetime
    expires_at: datetime
    """From here on the vehicle does not begin it any more."""
    state: CommandState
    next_at: datetime | None
    """When it is to be said again, or given up; None: nothing is to be done any more."""
    sent_at: datetime | None = None
    """When it was said first."""
    times: int = 0
    """How often it was said."""
    answered_at: datetime | None = None
    """When the vehicle's result came; None: none came, also where it is `expired`."""
    reason: str = ""
    values: Mapping[str, Value] | None = None
    """What the result told; None: no result came."""

    def asks_as(self, other: "Command") -> bool:
        """Whether it asks for the same, for as long: a request that was sent twice."""
        return (self.name, self.arguments, self.expires_at - self.issued_at) == (
            other.name,
            other.arguments,
            other.expires_at - other.issued_at,
        )

    def due(self, at: datetime) -> "Command":
        """What is next for it at a moment that has reached `next_at`: said once more, or given up."""
        if at >= self.expires_at:
            return self.as_of(at)
        return replace(
            self,
            state=CommandState.SENT,
            sent_at=self.sent_at or at,
            times=self.times + 1,
            next_at=at + SAY_EVERY,
        )

    def as_of(self, at: datetime) -> "Command":
        """As it stands: `expired` where nobody has answered until a while after its end."""
        if not self.state.is_open or at < self.expires_at:
            return self
        if at < self.expires_at + GRACE:
            return replace(self, next_at=self.expires_at + GRACE)
        reason = NO_ANSWER if self.times else NOT_SENT
        return replace(self, state=CommandState.EXPIRED, next_at=None, reason=reason)

    def answered(self, result: Result, at: datetime) -> "Command":
        """With the vehicle's result; the first one stays, but what only we took for expired is corrected."""
        if self.answered_at is not None:
            return self
        return replace(
            self,
            state=CommandState(result.state),
            next_at=None,
            answered_at=at,
            reason=result.reason,
            values=dict(result.values),
        )

    def tells(self, result: Result) -> bool:
        """Whether this result is the one that is held."""
        return (self.state, self.reason, self.values) == (
            CommandState(result.state),
            result.reason,
            dict(result.values),
        )
