"""What is said in a conversation: intents, replies with what is behind them, and what waits for a yes. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from edge.wire.topics import Address

TEXT_MAX: Final = 500
"""Characters of a question."""
PENDING_FOR: Final = timedelta(minutes=10)
"""How long a question for a yes stands: as long as a chosen time is held."""


class Intent(StrEnum):
    """What somebody wants."""

    STANDING = "standing"
    """Is it all right?"""
    MEANING = "meaning"
    """What does this code, lamp or warning mean?"""
    DRIVE = "drive"
    """May I drive?"""
    COST = "cost"
    SLOTS = "slots"
    """When and where could it be repaired, or is it booked?"""
    BOOK = "book"
    MOVE = "move"
    CANCEL = "cancel"
    WHY = "why"
    CHART = "chart"
    GREETING = "greeting"
    THANKS = "thanks"
    ABILITIES = "abilities"
    """What can you do?"""
    APPROVE = "approve"
    """The owner's yes to the repair."""
    DECLINE = "decline"
    OTHER = "other"
    """Not understood, or not ours to answer."""
    LANGUAGE = "language"
    """Not in English."""
    YES = "yes"
    """To what was just asked; found by rule, never by the model."""
    NO = "no"


CHANGING: Final = frozenset({Intent.BOOK, Intent.MOVE, Intent.CANCEL, Intent.APPROVE, Intent.DECLINE})
"""What ends in a question for a yes; only who wants one of these is asked one."""


class Deed(StrEnum):
    """What is done after a yes, and never without."""

    ANSWER_YES = "answer_yes"
    ANSWER_NO = "answer_no"
    CHOOSE = "choose"
    MOVE = "move"
    CANCEL = "cancel"


class Path(StrEnum):
    """How an answer was found."""

    OFFLINE = "offline"
    """By templates from what the tools said."""
    MODEL = "model"
    """By a language model that was given the tools."""


@dataclass(frozen=True, slots=True)
class Used:
    """A tool that was used for an answer, and what it said."""

    tool: str
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pending:
    """What is done when the one who was asked says yes in time."""

    deed: Deed
    question: str
    wanted: Mapping[str, Any]
    """What the deed needs: numbers, sequences, times."""
    by: str
    """Who was asked; nobody else's yes counts."""
    expires_at: datetime

    def waits_for(self, name: str, now: datetime) -> bool:
        """Whether a yes of this person would count now."""
        return self.by == name and now < self.expires_at


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with everything that is behind it."""

    text: str
    intent: Intent
    confidence: float
    """Of the intent, 0 to 1; 1 where a rule found it."""
    used: tuple[Used, ...] = ()
    pending: Pending | None = None
    path: Path = Path.OFFLINE
    fell_back: str = ""
    """Why the language model's own answer was not taken; "" where it was, or none is there."""

    @property
    def chart(self) -> Mapping[str, Any] | None:
        """What the console draws, if something is to be drawn."""
        return next((one.said for one in self.used if one.tool == "chart" and one.said.get("points")), None)


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer."""

    number: int
    """From 1 within its conversation."""
    at: datetime
    asked: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class Conversation:
    """What somebody asks about one vehicle."""

    id: str
    address: Address
    by: str
    """Who began it; only they go on with it."""
    begun_at: datetime
    changed_at: datetime
    turns: int
    """How many there were; the oldest may be gone."""
    pending: Pending | None
