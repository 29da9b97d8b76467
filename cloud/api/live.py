"""/live: a WebSocket that tells what changes: alerts as they stand, and the latest values of signals.

Decimated: between two looks (`every_s`) an alert or a vehicle is told of once, as it stands. Resumable: each message
has a cursor, and who comes back with it is told what changed meanwhile.
"""

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, WebSocket, WebSocketDisconnect
from pydantic import Field, ValidationError

from cloud.alerts.model import AlertFilter
from cloud.api.access import Services
from cloud.api.alerts import AlertForm, alert_form
from cloud.api.forms import FleetName, Form, Moment, VehicleName
from cloud.errors import CloudError, NotAllowed, NotAuthenticated, Refused, TooMany, UpstreamDown
from cloud.fleet.model import DriveFilter
from cloud.security.behaviour import Outcome
from cloud.security.principal import Principal
from cloud.security.roles import Permission
from edge.wire.topics import Address

router = APIRouter()

SOCKETS_MAX: Final = 200
"""Open at a time on one application."""
ALERTS_MAX: Final = 200
"""Told of at once; beyond, the caller is told to ask /alerts."""
ALIVE_EVERY: Final = timedelta(seconds=20)
"""Something is said at least so often, so that both sides notice a dead line."""
CHECK_EVERY: Final = timedelta(seconds=60)
"""So often it is looked anew whether the token still opens anything."""
LATE: Final = timedelta(seconds=5)
"""What was received so much before the cursor may have been stored after it."""
PROTOCOL: Final = "telltale.v1"
_BEARER: Final = "bearer."
_CODES: Final = {NotAuthenticated: 4401, NotAllowed: 4403, Refused: 4422, TooMany: 4429, UpstreamDown: 1013}
"""Of the close (RFC 6455, 7.4.2: 4000 to 4999 are free to use): the HTTP status that it would have been."""


class ChangedForm(Form):
    """Base of what is told."""

    cursor: Annotated[str, Field(examples=["WzE3LCIyMDI2LTExLTIxVDA4OjE1OjMwKzAwOjAwIl0"])]
    """Come back with it as `after`."""


class ChangedAlertForm(ChangedForm):
    """An alert began, changed, or something was done about it."""

    kind: Literal["alert"] = "alert"
    alert: AlertForm


class ChangedSignalsForm(ChangedForm):
    """What a vehicle told last."""

    kind: Literal["signals"] = "signals"
    fleet: FleetName
    vehicle: VehicleName
    ended_at: Moment
    """Of the period that the values are the last of."""
    values: Annotated[dict[str, float], Field(examples=[{"Vehicle.Speed": 48.0}])]


class SkippedForm(ChangedForm):
    """More has changed than is told here: ask /alerts."""

    kind: Literal["skipped"] = "skipped"


class AliveForm(ChangedForm):
    """From here on everything is told: said at once, and whenever nothing has changed for a while."""

    kind: Literal["alive"] = "alive"


class Wanted(Form):
    """What a caller wants to hear."""

    fleet: str | None = None
    vehicle: str | None = None
    signals: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    """VSS paths; empty: no signals, alerts alone."""
    every_s: Annotated[float, Field(ge=0.2, le=60)] = 1.0


@dataclass(frozen=True, slots=True)
class Cursor:
    """Up to where somebody was told."""

    step: int
    heard_at: datetime

    def text(self) -> str:
        """For the caller."""
        told = json.dumps([self.step, self.heard_at.isoformat()], separators=(",", ":"))
        return base64.urlsafe_b64encode(told.encode()).rstrip(b"=").decode()

    @classmethod
    def of(cls, text: str) -> "Cursor":
        """As it came back.

        Raises:
            Refused: it is none of ours.
        """
        try:
            padded = text.encode("ascii") + b"=" * (-len(text) % 4)
            step, heard_at = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            return cls(_step(step), datetime.fromisoformat(heard_at).astimezone(UTC))
        except (ValueError, TypeError, OverflowError) as error:
            raise Refused("`after` is no cursor of /live; leave it out to begin now") from error


def _step(step: object) -> int:
    if type(step) is not int or not 0 <= step < 2**63:
        raise ValueError(f"{step!r} is no step")
    return step


@dataclass(slots=True)
class Feed:
    """What one caller is told, look by look."""

    services: Services
    principal: Principal
    wanted: Wanted
    cursor: Cursor
    told: dict[Address, datetime] = field(default_factory=dict)
    """Until when each vehicle's signals were told."""

    def look(self) -> Iterator[ChangedForm]:
        """Everything that has changed since the last look.

        Raises:
            UpstreamDown: the database is away; nothing is lost.
        """
        if self.principal.may(Permission.SEE_ALERTS):
            yield from self._alerts()
        if self.wanted.signals and self.principal.may(Permission.SEE_DRIVES):
            yield from self._signals()

    def _alerts(self) -> Iterator[ChangedForm]:
        within = self.principal.fleets(Permission.SEE_ALERTS)
        wanted = AlertFilter(fleet=self.wanted.fleet, vehicle=self.wanted.vehicle, within=within)
        alerts, last, is_all = self.services.alerts.changed_since(self.cursor.step, wanted, ALERTS_MAX)
        self.cursor = Cursor(last, self.cursor.heard_at)
        for alert in alerts:
            yield ChangedAlertForm(cursor=self.cursor.text(), alert=alert_form(alert))
        if not is_all:
            yield SkippedForm(cursor=self.cursor.text())

    def _signals(self) -> Iterator[ChangedForm]:
        within = self.principal.fleets(Permission.SEE_DRIVES)
        wanted = DriveFilter(fleet=self.wanted.fleet, vehicle=self.wanted.vehicle, within=within)
        for summary in self.services.fleet.heard_since(self.cursor.heard_at - LATE, wanted):
            if summary.ended_at <= self.told.get(summary.address, datetime.min.replace(tzinfo=UTC)):
                continue
            self.told[summary.address] = summary.ended_at
            self.cursor = Cursor(self.cursor.step, max(self.cursor.heard_at, summary.received_at))
            values = {path: summary.signals[path].last for path in self.wanted.signals if path in summary.signals}
            if values:
                fleet, vehicle = summary.address.fleet, summary.address.vehicle
                told = {"fleet": fleet, "vehicle": vehicle, "ended_at": summary.ended_at, "values": values}
                yield ChangedSignalsForm(cursor=self.cursor.text(), **told)


class Sockets:
    """How many are open on one application."""

    def __init__(self) -> None:
        self.open = 0


def _asked(
    fleet: str | None = None,
    vehicle: str | None = None,
    signals: Annotated[str, Query(max_length=8000, description="VSS paths, with commas between them.")] = "",
    every_s: float = 1.0,
) -> dict[str, Any]:
    paths = [path for path in signals.split(",") if path]
    return {"fleet": fleet, "vehicle": vehicle, "signals": paths, "every_s": every_s}


@router.websocket("/live")
async def live(
    socket: WebSocket,
    asked: Annotated[dict[str, Any], Depends(_asked)],
    after: Annotated[str | None, Query(max_length=300)] = None,
) -> None:
    """Tell what changes until either side has had enough. A refusal is a close whose code is 4000 + the HTTP status."""
    await socket.accept(subprotocol=PROTOCOL if PROTOCOL in socket.scope["subprotocols"] else None)
    try:
        await _serve(socket, _checked(asked), after)
    except CloudError as error:
        await socket.close(_CODES.get(type(error), 1011), str(error)[:120])
    except WebSocketDisconnect:
        pass


def _checked(asked: dict[str, Any]) -> Wanted:
    try:
        return Wanted.model_validate(asked)
    except ValidationError as error:
        first = error.errors()[0]
        raise Refused(f"{first['loc'][0]}: {first['msg']}") from error


async def _serve(socket: WebSocket, wanted: Wanted, after: str | None) -> None:
    services: Services = socket.app.state.services
    sockets: Sockets = socket.app.state.sockets
    if sockets.open >= SOCKETS_MAX:
        raise TooMany(f"{SOCKETS_MAX} listen already", wait_s=60)
    sockets.open += 1
    try:
        principal = await asyncio.to_thread(_enter, services, _token(socket))
        cursor = await asyncio.to_thread(_begin, services, after)
        feed = Feed(services, principal, wanted, cursor)
        hearing = asyncio.create_task(_until_closed(socket), name="live-hearing")
        telling = asyncio.create_task(_tell(socket, feed), name="live-telling")
        done, waiting = await asyncio.wait({hearing, telling}, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        for task in done:
            task.result()
    finally:
        sockets.open -= 1


def _token(socket: WebSocket) -> str | None:
    """From the header; or, since a browser can send none, from a subprotocol `bearer.TOKEN`."""
    scheme, _, shown = socket.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return shown
    offered = (name for name in socket.scope["subprotocols"] if name.startswith(_BEARER))
    return next((name.removeprefix(_BEARER) for name in offered), None)


def _enter(services: Services, token: str | None) -> Principal:
    security = services.security
    principal = security.sign_in.principal_of(token)
    is_allowed = principal.may(Permission.SEE_ALERTS) or principal.may(Permission.SEE_DRIVES)
    outcome = Outcome.ALLOWED if is_allowed else Outcome.REFUSED
    security.watch.note(principal.name, "listen", outcome)
    if not is_allowed:
        raise NotAllowed(f"{principal.name} may see neither alerts nor drives")
    return principal


def _begin(services: Services, after: str | None) -> Cursor:
    if after is not None:
        return Cursor.of(after)
    return Cursor(services.alerts.last_step(), services.now())


async def _until_closed(socket: WebSocket) -> None:
    """Nothing is expected of the caller but to go one day."""
    while True:
        await socket.receive_text()


async def _tell(socket: WebSocket, feed: Feed) -> None:
    """Look, tell, wait. A slow caller holds up only themselves: nothing is gathered for them meanwhile."""
    loop = asyncio.get_running_loop()
    told_at = checked_at = loop.time()
    await socket.send_text(AliveForm(cursor=feed.cursor.text()).model_dump_json())
    while True:
        for form in await asyncio.to_thread(lambda: list(feed.look())):
            await socket.send_text(form.model_dump_json())
            told_at = loop.time()
        if loop.time() - told_at >= ALIVE_EVERY.total_seconds():
            await socket.send_text(AliveForm(cursor=feed.cursor.text()).model_dump_json())
            told_at = loop.time()
        if loop.time() - checked_at >= CHECK_EVERY.total_seconds():
            feed.principal = await asyncio.to_thread(_enter, feed.services, _token(socket))
            checked_at = loop.time()
        await asyncio.sleep(feed.wanted.every_s)
