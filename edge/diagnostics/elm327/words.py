"""What the daemon and the child that talks to an adapter say to each other: one JSON object a line, both ways."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

LINE_MAX: Final = 65_536
"""Characters of one object; the longest answer on classic CAN, 4095 bytes in 586 lines, takes half of it."""
LINES_MAX: Final = 1_024
"""Lines of an adapter in one answer."""
TEXT_MAX: Final = 254
"""Characters in one command to an adapter."""


class _Word(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Say(_Word):
    """To the child: type this, and tell what comes."""

    number: int = Field(ge=0)
    text: str = Field(pattern=rf"^[0-9A-Z]{{1,{TEXT_MAX}}}$")


class Away(_Word):
    """The adapter is not there, or does not answer; it is tried again without being told."""

    kind: Literal["away"] = "away"
    why: str = Field(max_length=TEXT_MAX)


class Found(_Word):
    """Something answers at this speed; now it is reset and set up."""

    kind: Literal["found"] = "found"


class Open(_Word):
    """It may be spoken to. It has forgotten everything that it was told before."""

    kind: Literal["open"] = "open"


class Said(_Word):
    """What the adapter wrote after a `Say` until its prompt."""

    kind: Literal["said"] = "said"
    number: int
    lines: list[str] = Field(max_length=LINES_MAX)


Word = Annotated[Away | Found | Open | Said, Field(discriminator="kind")]
WORDS: Final[TypeAdapter[Word]] = TypeAdapter(Word)
"""Reads what the child says."""
