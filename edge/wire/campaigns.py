"""Campaigns: what the cloud asks a vehicle to collect, and within which bounds both sides hold them.

A campaign collects windows: of some signals, or of the raw frames of some ids; each so often, or each time that a
condition begins to hold. What is not known here is refused, not ignored: nobody collects half of what was asked.
"""

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from edge.wire.messages import HexId, Label
from edge.wire.signed import Document, read_document
from edge.wire.times import UtcTime

CAMPAIGNS_MAX: Final = 32
"""Of a vehicle at a time."""
BEFORE_S_MAX: Final = 120.0
"""The ring holds minutes of an ordinary bus, and seconds of full ones."""
AFTER_S_MAX: Final = 3600.0
EVERY_S_MIN: Final = 10.0
DAY_S: Final = 86_400.0


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FrameId(_Said):
    """Frames of one id."""

    id: Annotated[int, Field(ge=0, le=0x1FFFFFFF)]
    extended: bool = False
    """29 bits, not 11."""
    bus: Label | None = None
    """Its name on the vehicle; null: whichever."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.extended and self.id > 0x7FF:
            raise ValueError(f"{self.id:#x} does not fit in 11 bits: say extended")
        return self


class OnTime(_Said):
    """A window begins each so often."""

    kind: Literal["time"]
    every_s: Annotated[FiniteFloat, Field(ge=EVERY_S_MIN, le=DAY_S)]


class OnCondition(_Said):
    """A window begins each time that a condition comes true."""

    kind: Literal["condition"]
    when: Annotated[str, Field(min_length=1, max_length=500)]
    """In the language of rules."""


class Campaign(_Said):
    """One collection."""

    id: HexId
    name: Label
    signals: Annotated[list[Label], Field(max_length=100)] = []
    """VSS paths, or `dbc.<Message>.<Signal>`."""
    frames: Annotated[list[FrameId], Field(max_length=100)] = []
    """Instead of signals: raw frames, to the last bit."""
    trigger: Annotated[OnTime | OnCondition, Field(discriminator="kind")]
    before_s: Annotated[FiniteFloat, Field(ge=0, le=BEFORE_S_MAX)] = 0.0
    """What was before the moment, as far as the vehicle still has it."""
    after_s: Annotated[FiniteFloat, Field(ge=0, le=AFTER_S_MAX)] = 10.0
    rate_hz: Annotated[FiniteFloat, Field(gt=0, le=1000)] | None = None
    """So many samples of each signal, or frames of each id, in a second at most; null: every one."""
    starts_at: UtcTime | None = None
    """Null: at once."""
    expires_at: UtcTime
    priority: Annotated[int, Field(ge=0, le=9)] = 5
    """9 goes first where there is not room for all."""
    bytes_a_day: Annotated[int, Field(ge=1000, le=100_000_000)] = 1_000_000
    """Of blocks from this vehicle, in a day of UTC; never more."""

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if bool(self.signals) == bool(self.frames):
            raise ValueError("either signals or frames are collected")
        if self.before_s + self.after_s <= 0:
            raise ValueError("a window of no length collects nothing: before_s or after_s")
        if isinstance(self.trigger, OnTime) and self.after_s > self.trigger.every_s:
            raise ValueError("a window is over before the next begins: after_s up to trigger.every_s")
        if self.starts_at is not None and self.starts_at >= self.expires_at:
            raise ValueError("expires_at comes after starts_at")
        return self


class Campaigns(Document):
    """All that one vehicle is to collect, in place of what it was before."""

    schema_: Literal["campaigns/1"] = Field(default="campaigns/1", alias="schema")
    campaigns: Annotated[list[Campaign], Field(max_length=CAMPAIGNS_MAX)]

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if len({one.id for one in self.campaigns}) < len(self.campaigns):
            raise ValueError("two campaigns have one id")
        return self


def read_campaigns(text: str) -> Campaigns:
    """The campaigns of a document whose signature holds.

    Raises:
        WireError: `bad_body`, with the place.
    """
    return read_document(Campaigns, text)
