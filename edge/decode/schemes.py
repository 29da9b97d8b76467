"""How a profile says that frames of a message prove themselves: counters, checksums, and how those are made.

Without numpy, since whoever reads a configuration reads these.

[[integrity]]
message = "DAS_control"
checksum = "DAS_controlChecksum"
counter = "DAS_controlCounter"
scheme = "sum8-id"           # or a table: { kind = "crc8", polynomial = 0x2F, initial = 0xFF, final_xor = 0xFF }
"""

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Byte = Annotated[int, Field(ge=0, le=255)]
COUNTERS: Final = 16
"""Values of a counter of four bits, by which AUTOSAR E2E profile 2 chooses its data ids."""


class Scheme(BaseModel):
    """How a checksum is computed."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["xor", "sum", "crc8", "j1939"]
    """`j1939`: of SAE J1939-71, message TSC1 (SPN 4206 and 4207)."""
    initial: Byte = 0
    """Before the first byte."""
    final_xor: Byte = 0
    polynomial: Byte = 0x1D
    """Of `crc8`, without its highest bit."""
    with_id: bool = False
    """`sum`, `xor`: the bytes of the arbitration id are part of it."""
    with_length: bool = False
    """`sum`: so is the number of bytes."""
    before: tuple[Byte, ...] = ()
    """Bytes that come before the payload without being sent (the data id of AUTOSAR E2E profile 1)."""
    after_by_counter: tuple[Byte, ...] = Field((), max_length=COUNTERS)
    """The byte that comes after it for each value of the counter (data id list of AUTOSAR E2E profile 2)."""


SCHEMES: Final = {
    "xor8": Scheme(kind="xor"),
    "sum8": Scheme(kind="sum"),
    "sum8-id": Scheme(kind="sum", with_id=True),
    "sum8-id-length": Scheme(kind="sum", with_id=True, with_length=True),
    "crc8-j1850": Scheme(kind="crc8", polynomial=0x1D, initial=0xFF, final_xor=0xFF),
    "crc8-h2f": Scheme(kind="crc8", polynomial=0x2F, initial=0xFF, final_xor=0xFF),
    "j1939": Scheme(kind="j1939"),
}
"""By name. The CRCs are those of AUTOSAR's CRC library (CRC8, CRC8H2F); the sums are what Tesla (`sum8-id`) and Toyota
(`sum8-id-length`) send, as the open databases of their vehicles and recordings show."""


class IntegrityEntry(BaseModel):
    """How the frames of one message are proven."""

    model_config = ConfigDict(extra="forbid")
    message: str
    counter: str | None = None
    """The signal that counts up by one from frame to frame."""
    checksum: str | None = None
    scheme: str | Scheme | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.checksum is None) != (self.scheme is None):
            raise ValueError("a checksum needs a scheme, and a scheme a checksum")
        if self.counter is None and self.checksum is None:
            raise ValueError("name a counter, a checksum, or both")
        if isinstance(self.scheme, str) and self.scheme not in SCHEMES:
            raise ValueError(f"there is no scheme {self.scheme!r}; there are {', '.join(SCHEMES)}")
        scheme = SCHEMES.get(self.scheme) if isinstance(self.scheme, str) else self.scheme
        if scheme is not None and (scheme.kind == "j1939" or scheme.after_by_counter) and self.counter is None:
            raise ValueError("this scheme takes the counter in: name it")
        return self
