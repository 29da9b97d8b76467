"""/fleets/…/campaigns/…/windows: what vehicles have collected, as far as its parts have come."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from cloud.api.access import AddressOf, Caller, ServicesOf, WindowOf, may
from cloud.api.campaigns import ID as CAMPAIGN
from cloud.api.campaigns import CampaignOf, FleetOf
from cloud.api.captures import BLOCK_TYPE
from cloud.api.forms import FleetName, Form, Moment, PageForm, VehicleName, page_form
from cloud.api.jobs import NAME_PATTERN
from cloud.campaigns.window_model import Window, is_decodable
from cloud.campaigns.windows import Which
from cloud.campaigns.writing import CANDUMP, CSV, PARQUET, Writing
from cloud.captures.model import Part, missing
from cloud.security.roles import Permission
from edge.wire.envelope import Clock
from edge.wire.messages import Hole

router = APIRouter(prefix="/fleets/{fleet}/campaigns/{campaign}/windows", tags=["campaigns"])
Reader = Annotated[Caller, may(Permission.SEE_DRIVES)]
ID: Final = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
"""For examples."""
_ID: Final = r"^[0-9a-f]{32}([0-9a-f]{32})?$"


class Ending(StrEnum):
    """How what is in a window is written."""

    LOG = "log"
    CSV = "csv"
    PARQUET = "parquet"


WRITINGS: Final[Mapping[Ending, Writing]] = {Ending.LOG: CANDUMP, Ending.CSV: CSV, Ending.PARQUET: PARQUET}
_FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {writing.media_type: {} for writing in WRITINGS.values()}, "description": "A file"}
}


class WindowForm(Form):
    """A window as its parts so far tell it. Times are by the vehicle's clock."""

    fleet: FleetName
    vehicle: VehicleName
    campaign: Annotated[str, Field(examples=[CAMPAIGN])]
    id: Annotated[str, Field(examples=[ID])]
    """32 hex digits that the vehicle gave, or 64 of its one block where it gives none."""
    format: Annotated[str, Field(examples=["samples/1"])]
    """`samples/1` or `frames/1`, as the campaign asks for; others are kept and cannot be read here."""
    started_at: Moment
    """Of what is there."""
    ended_at: Moment
    wanted_from: Moment | None
    """From here to there it was to be; null: the vehicle does not tell."""
    wanted_to: Moment | None
    rows: Annotated[int, Field(examples=[1200])]
    """Samples or frames in the parts that are there, as the vehicle counted them."""
    size: Annotated[int, Field(examples=[2210])]
    """Bytes of the blocks that are there."""
    parts: Annotated[int, Field(examples=[1])]
    """How many are there."""
    last: Annotated[int | None, Field(examples=[1])]
    """The number of the part that ends it; null: it is not there, so nobody knows how many there will be."""
    holes: Annotated[int, Field(examples=[0])]
    """In how many stretches the vehicle says that something is missing."""
    is_complete: bool
    """Every part is there, and none tells of a hole."""
    clock: Clock
    """Whether the vehicle's clock was known to be right, for every part."""
    heard_at: Moment
    """When the first of its parts came, by the cloud's clock."""

    @classmethod
    def of(cls, window: Window) -> Self:
        """In this form."""
        return cls(**_same(window))


class WindowPartForm(Form):
    """One part of a window."""

    number: Annotated[int, Field(examples=[1])]
    is_last: bool
    started_at: Moment
    ended_at: Moment
    rows: Annotated[int, Field(examples=[1200])]
    format: Annotated[str, Field(examples=["samples/1"])]
    is_decodable: bool
    """Whether this version knows the format; if not, its block can be taken all the same."""
    sha256: Annotated[str, Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])]
    """Of its block."""
    size: Annotated[int, Field(examples=[2210])]
    """Bytes of its block."""
    holes: list[Hole]
    """Found since the part before this one."""
    offset_s: Annotated[float, Field(examples=[0.0])]
    """What must be added to the times inside its block, whose clock was wrong; to all others it was."""
    received_at: Moment

    @classmethod
    def of(cls, part: Part) -> Self:
        """In this form."""
        special = {"rows": part.frames, "is_decodable": is_decodable(part), "holes": list(part.holes)}
        return cls(**special | {name: getattr(part, name) for name in cls.model_fields if name not in special})


class WholeWindowForm(WindowForm):
    """A window with all that is known of it but what is in it."""

    part_list: list[WindowPartForm]
    """In their order."""
    missing: Annotated[list[tuple[int, int]], Field(examples=[[]])]
    """Parts that are not there though later ones are: from and to, both included."""


def _which(address: AddressOf, campaign: CampaignOf, window: Annotated[str, Path(pattern=_ID, examples=[ID])]) -> Which:
    return Which(address, campaign, window)


WindowWanted = Annotated[Which, Depends(_which)]


@router.get("")
def list_windows(
    _: Reader,
    services: ServicesOf,
    window: WindowOf,
    *,
    fleet: FleetOf,
    campaign: CampaignOf,
    vehicle: Annotated[str | None, Query(pattern=NAME_PATTERN, description="Of this vehicle alone.")] = None,
) -> PageForm[WindowForm]:
    """What was collected for a campaign, the latest start first."""
    services.campaigns.campaign(fleet, campaign)
    return page_form(services.campaigns.windows.windows(fleet, campaign, vehicle, window), WindowForm.of)


@router.get("/{vehicle}/{window}")
def one_window(_: Reader, services: ServicesOf, which: WindowWanted) -> WholeWindowForm:
    """One window with its parts, and what is missing."""
    found, parts = services.campaigns.windows.window(which)
    return WholeWindowForm(
        **_same(found), part_list=[WindowPartForm.of(part) for part in parts], missing=missing(parts)
    )


@router.get("/{vehicle}/{window}/rows.{ending}", response_class=StreamingResponse, responses=_FILES)
def rows(
    caller: Reader,
    services: ServicesOf,
    which: WindowWanted,
    ending: Ending,
    *,
    readable_only: Annotated[
        bool, Query(description="Leave out parts that cannot be read or written so, instead of refusing.")
    ] = False,
) -> StreamingResponse:
    """What is in the parts that are there, in their order; samples cannot be written as `log`."""
    writing = WRITINGS[ending]
    file = services.campaigns.windows.take(which, writing, readable_only=readable_only, by=caller.name)
    return StreamingResponse(file, media_type=writing.media_type, headers=_named(which, f".{ending}"))


@router.get("/{vehicle}/{window}/parts/{part}", response_class=Response, responses={200: {"content": {BLOCK_TYPE: {}}}})
def block(
    caller: Reader, services: ServicesOf, which: WindowWanted, part: Annotated[int, Path(ge=1, le=100_000)]
) -> Response:
    """The block of one part, as it came."""
    content = services.campaigns.windows.take_block(which, part, by=caller.name)
    return Response(content, media_type=BLOCK_TYPE, headers=_named(which, f"-{part}.block"))


def _same(window: Window) -> dict[str, Any]:
    """What the forms of a window share."""
    special = {"fleet": window.address.fleet, "vehicle": window.address.vehicle}
    return special | {name: getattr(window, name) for name in WindowForm.model_fields if name not in special}


def _named(which: Which, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="window-{which.address.vehicle}-{which.window}{ending}"'}
