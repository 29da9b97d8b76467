"""/captures: the raw frames around a trigger, as far as their parts have come."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from cloud.api.access import AddressOf, Caller, ServicesOf, Since, WindowOf, may
from cloud.api.forms import FleetName, Form, Moment, PageForm, VehicleName, page_form
from cloud.captures.model import Capture, CaptureFilter, Part, missing
from cloud.captures.writing import CANDUMP, CSV, Writing
from cloud.security.roles import Permission
from edge.wire.envelope import Clock
from edge.wire.messages import Hole, Value
from edge.wire.topics import Address

router = APIRouter(prefix="/captures", tags=["captures"])
Reader = Annotated[Caller, may(Permission.SEE_DRIVES)]
ID: Final = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
"""For examples."""
CaptureId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}([0-9a-f]{32})?$", examples=[ID])]
BLOCK_TYPE: Final = "application/octet-stream"


class Ending(StrEnum):
    """How frames are written."""

    LOG = "log"
    CSV = "csv"


WRITINGS: Final[Mapping[Ending, Writing]] = {Ending.LOG: CANDUMP, Ending.CSV: CSV}
_FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {writing.media_type: {} for writing in WRITINGS.values()}, "description": "A file"}
}


class CaptureForm(Form):
    """A capture as its parts so far tell it. Times are by the vehicle's clock."""

    fleet: FleetName
    vehicle: VehicleName
    id: Annotated[str, Field(examples=[ID])]
    """32 hex digits that the vehicle gave, or 64 of its one block where it gives none."""
    trigger: Annotated[str, Field(examples=[f"alert:{ID}"])]
    """`alert:<id>`, `command:<id>` or `button`."""
    started_at: Moment
    """Of the frames that are there."""
    ended_at: Moment
    wanted_from: Moment | None
    """From here to there frames were asked for; null: the vehicle does not tell."""
    wanted_to: Moment | None
    frames: Annotated[int, Field(examples=[48210])]
    """In the parts that are there, as the vehicle counted them."""
    size: Annotated[int, Field(examples=[96400])]
    """Bytes of the blocks that are there."""
    parts: Annotated[int, Field(examples=[3])]
    """How many are there."""
    last: Annotated[int | None, Field(examples=[3])]
    """The number of the part that ends it; null: it is not there, so nobody knows how many there will be."""
    holes: Annotated[int, Field(examples=[0])]
    """In how many stretches the vehicle says that frames are missing."""
    is_complete: bool
    """Every part is there, and none tells of a hole."""
    clock: Clock
    """Whether the vehicle's clock was known to be right, for every part."""
    heard_at: Moment
    """When the first of its parts came, by the cloud's clock."""

    @classmethod
    def of(cls, capture: Capture) -> Self:
        """In this form."""
        return cls(**_same(capture))


class PartForm(Form):
    """One part of a capture."""

    number: Annotated[int, Field(examples=[1])]
    is_last: bool
    started_at: Moment
    ended_at: Moment
    frames: Annotated[int, Field(examples=[16070])]
    format: Annotated[str, Field(examples=["frames/1"])]
    is_decodable: bool
    """Whether this version knows the format; if not, its block can be taken all the same."""
    sha256: Annotated[str, Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])]
    """Of its block."""
    size: Annotated[int, Field(examples=[32130])]
    """Bytes of its block."""
    holes: list[Hole]
    """Found since the part before this one. `frames` null: how many is not known."""
    offset_s: Annotated[float, Field(examples=[0.0])]
    """What must be added to the times inside its block, whose clock was wrong; to all others it was."""
    received_at: Moment

    @classmethod
    def of(cls, part: Part) -> Self:
        """In this form."""
        same = {name: getattr(part, name) for name in cls.model_fields if name != "holes"}
        return cls(**same, holes=list(part.holes))


class WholeCaptureForm(CaptureForm):
    """A capture with all that is known of it but its frames."""

    running: Annotated[dict[str, Value], Field(examples=[{"version": "0.1.0", "profile": "van"}])]
    """What ran on the vehicle; empty until its first part is there."""
    part_list: list[PartForm]
    """In their order."""
    missing: Annotated[list[tuple[int, int]], Field(examples=[[]])]
    """Parts that are not there though later ones are: from and to, both included."""


def _wanted(
    fleet: str | None = None,
    vehicle: str | None = None,
    trigger: Annotated[str | None, Query(max_length=200, description="Such as `alert:ID`.")] = None,
    since: Since = None,
) -> CaptureFilter:
    return CaptureFilter(fleet, vehicle, trigger, since)


@router.get("")
def list_captures(
    caller: Reader, services: ServicesOf, window: WindowOf, wanted: Annotated[CaptureFilter, Depends(_wanted)]
) -> PageForm[CaptureForm]:
    """Captures, the latest start first."""
    return page_form(services.captures.captures(caller.only(wanted), window), CaptureForm.of)


@router.get("/{fleet}/{vehicle}/{capture}")
def one_capture(_: Reader, services: ServicesOf, address: AddressOf, capture: CaptureId) -> WholeCaptureForm:
    """One capture with its parts, what is missing and why, and what ran on the vehicle."""
    found, parts = services.captures.capture(address, capture)
    return WholeCaptureForm(
        **_same(found),
        running=dict(found.running),
        part_list=[PartForm.of(part) for part in parts],
        missing=missing(parts),
    )


@router.get("/{fleet}/{vehicle}/{capture}/frames.{ending}", response_class=StreamingResponse, responses=_FILES)
def frames(
    caller: Reader,
    services: ServicesOf,
    address: AddressOf,
    *,
    capture: CaptureId,
    ending: Ending,
    readable_only: Annotated[
        bool, Query(description="Leave out parts that cannot be read or written so, instead of refusing.")
    ] = False,
) -> StreamingResponse:
    """The frames of the parts that are there, in their order; what is missing is told by the capture itself."""
    writing = WRITINGS[ending]
    file = services.captures.take(address, capture, writing, readable_only=readable_only, by=caller.name)
    return StreamingResponse(file, media_type=writing.media_type, headers=_named(address, capture, f".{ending}"))


@router.get(
    "/{fleet}/{vehicle}/{capture}/parts/{part}", response_class=Response, responses={200: {"content": {BLOCK_TYPE: {}}}}
)
def block(
    caller: Reader,
    services: ServicesOf,
    address: AddressOf,
    capture: CaptureId,
    part: Annotated[int, Path(ge=1, le=100_000)],
) -> Response:
    """The block of one part, as it came."""
    content = services.captures.take_block(address, capture, part, by=caller.name)
    return Response(content, media_type=BLOCK_TYPE, headers=_named(address, capture, f"-{part}.block"))


def _same(capture: Capture) -> dict[str, Any]:
    """What the forms of a capture share."""
    special = {"fleet": capture.address.fleet, "vehicle": capture.address.vehicle}
    return special | {name: getattr(capture, name) for name in CaptureForm.model_fields if name not in special}


def _named(address: Address, capture: str, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="capture-{address.vehicle}-{capture}{ending}"'}
