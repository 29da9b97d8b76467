"""How a profile says what a vehicle's own identifiers (DIDs) mean, so that answers to whoever asks become signals.

Without numpy, since whoever reads a configuration reads these.

[[did]]
response = "7EC"              # id of the answers, in hex: three digits are 11 bits, eight are 29
request = "7E4"               # id that is asked; only where it is not the one ISO 15765-4 pairs with it
did = "0101"                  # in hex; four digits: service 22 (UDS), two: service 21 (KWP's local identifier)
signals = [
    { path = "Vehicle.…", byte = 4, scale = 0.5, unit = "percent" },       # byte 0 is the first behind the DID
    { name = "CellMin", byte = 22, bits = 16, scale = 0.001, unit = "V" }, # without a path: dbc.Did7EC_0101.CellMin
]
"""

from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints, model_validator

Id = Annotated[str, StringConstraints(pattern=r"^([0-7][0-9A-Fa-f]{2}|[01][0-9A-Fa-f]{7})$")]
"""An arbitration id in hex."""
BYTES_MAX: Final = 4092
"""Behind service and DID, of a payload of ISO 15765-2."""


class DidSignal(BaseModel):
    """A number behind a DID: raw x scale + offset."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    path: Annotated[str, StringConstraints(pattern=r"^Vehicle(\.[A-Za-z0-9]+)+$", max_length=512)] | None = None
    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+$", max_length=128)] | None = None
    byte: Annotated[int, Field(ge=0, lt=BYTES_MAX)]
    bit: Annotated[int, Field(ge=0, le=7)] = 0
    """The first one of the byte, counted from the left (0 is the most significant)."""
    bits: Annotated[int, Field(ge=1, le=64)] = 8
    signed: bool = False
    little: bool = False
    """Little-endian; whole bytes."""
    scale: FiniteFloat = 1.0
    offset: FiniteFloat = 0.0
    unit: str = ""
    """Of the result; another one than the catalogue's is converted into that."""
    nothing: int | None = None
    """The raw value that says that there is none."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.path is None) == (self.name is None):
            raise ValueError("a signal needs a path or a name, and not both")
        if self.little and (self.bit or self.bits % 8):
            raise ValueError("a little-endian signal is whole bytes")
        if self.scale == 0:
            raise ValueError("a scale of 0 leaves nothing of a signal")
        return self


class DidEntry(BaseModel):
    """One DID of one unit."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    response: Id
    request: Id | None = None
    did: Annotated[str, StringConstraints(pattern=r"^([0-9A-Fa-f]{2}){1,2}$")]
    bytes: Annotated[int, Field(ge=1, le=BYTES_MAX)] | None = None
    """Behind the DID; without it all the rest of an answer is its own."""
    signals: Annotated[list[DidSignal], Field(min_length=1, max_length=512)]
