"""What a language model is to the chat: it makes an answer with the tools, or there is none that may be given."""

from dataclasses import dataclass
from typing import Protocol

from cloud.chat.model import Pending, Turn
from cloud.chat.tools import Toolbox
from cloud.chat.understanding import Wanted


@dataclass(frozen=True, slots=True)
class Said:
    """What a language model made of a question."""

    text: str
    pending: Pending | None = None


class Fallback(Exception):
    """Its answer is not taken; says why in one word, by which it is counted."""


class Thinks(Protocol):
    """A language model with the tools."""

    def think(self, box: Toolbox, wanted: Wanted, text: str, before: list[Turn]) -> Said:
        """An answer; what the tools said for it is in the box.

        Raises:
            Fallback: there is none that may be given.
        """
