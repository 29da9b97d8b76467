"""/vehicles/…/commands: what is asked of a vehicle, and what came of it."""

from datetime import timedelta
from typing import Annotated, Final, Self

from fastapi import APIRouter, Path
from pydantic import Field

from cloud.api.access import AddressOf, Caller, ServicesOf, WindowOf, may, must_also
from cloud.api.forms import FleetName, Form, Line, Moment, PageForm, VehicleName, page_form
from cloud.api.jobs import Wish
from cloud.commands import service
from cloud.commands.model import Command, CommandState
from cloud.security.roles import Permission
from edge.wire.commands import CommandName
from edge.wire.messages import Value

router = APIRouter(prefix="/vehicles", tags=["commands"])
Asker = Annotated[Caller, may(Permission.COMMAND)]
GRAVE: Final = frozenset({CommandName.CLEAR_CODES, CommandName.RESTART})
"""What they do cannot be taken back: for whoever may `command_all`."""
ID: Final = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
"""For examples."""
_ID: Final = r"^[0-9a-f]{32}$"
_VALUES: Final = 200
"""No command takes more, and no message has room for more."""


class CommandWish(Wish):
    """Something to ask of a vehicle."""

    name: Annotated[Line, Field(examples=["capture"])]
    """What, of the list: `capture`, `read_codes`, `clear_codes`, `self_test`, `log_level`, `restart`, `speak`."""
    arguments: dict[str, Value] = Field(default_factory=dict, max_length=_VALUES, examples=[{}])
    """`log_level` takes `level` and `minutes`, `speak` takes `text`, the others take none."""
    expires_in_s: Annotated[int, Field(ge=10, le=86_400, examples=[300])] = 300
    """After that the vehicle does not begin it any more."""
    id: Annotated[str, Field(pattern=_ID, examples=[ID])] | None = None
    """A name of the caller's own for this wish, never used for another: sent again, it is the same command. Left out:
    one is made, and a request that is repeated is another command."""


class CommandForm(Form):
    """A command as it stands. Times are by the cloud's clock."""

    fleet: FleetName
    vehicle: VehicleName
    id: Annotated[str, Field(examples=[ID])]
    name: CommandName
    arguments: Annotated[dict[str, Value], Field(examples=[{}])]
    by: Annotated[str, Field(examples=["ada@example.org"])]
    """Who asked."""
    issued_at: Moment
    expires_at: Moment
    """After that the vehicle does not begin it any more."""
    state: CommandState
    """Waiting to be sent; sent; or how it ended. `expired` is said by the vehicle, or by the cloud where no result came
    until five minutes after the end: that is corrected by one that comes still."""
    sent_at: Moment | None
    """When it was said first; null: not yet."""
    times: Annotated[int, Field(examples=[1])]
    """How often it was said; a vehicle does it once."""
    answered_at: Moment | None
    """When the vehicle's result came; null: none came."""
    reason: Annotated[str, Field(examples=[""])]
    values: Annotated[dict[str, Value] | None, Field(examples=[{"codes": 2.0}])]
    """What its result told; null: none came."""
    capture_trigger: Annotated[str | None, Field(examples=[f"command:{ID}"])]
    """The `trigger` by which /captures finds what it set off; null: it sets none off."""

    @classmethod
    def of(cls, command: Command) -> Self:
        """In this form."""
        special = {
            "fleet": command.address.fleet,
            "vehicle": command.address.vehicle,
            "capture_trigger": f"command:{command.id}" if command.name is CommandName.CAPTURE else None,
        }
        return cls(**special | {name: getattr(command, name) for name in cls.model_fields if name not in special})


@router.get("/{fleet}/{vehicle}/commands")
def list_commands(_: Asker, services: ServicesOf, address: AddressOf, window: WindowOf) -> PageForm[CommandForm]:
    """What was asked of a vehicle, the latest first."""
    return page_form(services.commands.commands(address, window), CommandForm.of)


@router.post("/{fleet}/{vehicle}/commands", status_code=201)
def issue(caller: Asker, services: ServicesOf, address: AddressOf, wish: CommandWish) -> CommandForm:
    """Ask something of a vehicle; safe to repeat with the same `id`."""
    if wish.name in GRAVE:
        must_also(services, caller, Permission.COMMAND_ALL, address.fleet)
    wanted = service.Wish(wish.name, wish.arguments, timedelta(seconds=wish.expires_in_s), wish.id)
    return CommandForm.of(services.commands.issue(address, wanted, by=caller.name))


@router.get("/{fleet}/{vehicle}/commands/{command}")
def one_command(
    _: Asker,
    services: ServicesOf,
    address: AddressOf,
    command: Annotated[str, Path(pattern=_ID, examples=[ID])],
) -> CommandForm:
    """One command."""
    return CommandForm.of(services.commands.command(address, command))
