"""What a language model is to the chat: it makes an answer with the tools, or there is none that may be given."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from cloud.chat.model import Pending, Turn
from cloud.chat.tools import Toolbox
from cloud.chat.understanding import Wanted


class Why(StrEnum):
    """Why a language model's answer is not taken, as it is counted."""

    AWAY = "away"
    """It cannot be reached, or answers with an error."""
    BUSY = "busy"
    """As many questions as may be are with it already."""
    TIMEOUT = "timeout"
    """The whole answer took too long."""
    BAD_JSON = "bad_json"
    """What it sent, or what it told a tool, cannot be read."""
    UNKNOWN_TOOL = "unknown_tool"
    TOO_MANY = "too_many"
    """It did not come to an answer within so many calls."""
    UNASKED = "unasked"
    """It wanted to change something that the asker did not ask for."""
    CLAIMED = "claimed"
    """It says that it has changed something, which it cannot."""
    NO_TOOL = "no_tool"
    """It answered without having looked."""
    NUMBER = "number"
    """It says a number that no tool has said."""
    LENGTH = "length"
    """It says nothing, or far too much."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a language model made of a question."""

    text: str
    pending: Pending | None = None


class Fallback(Exception):
    """Its answer is not taken; the offline answer is given instead."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class Thinks(Protocol):
    """A language model with the tools."""

    def think(self, box: Toolbox, wanted: Wanted, text: str, before: list[Turn]) -> Said:
        """An answer; what the tools said for it is in the box.

        Raises:
            Fallback: there is none that may be given.
        """
