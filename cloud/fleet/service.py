"""What the rest of the cloud may ask of the fleet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cloud import counters
from cloud.database import Connection, Database
from cloud.errors import NotFound
from cloud.fleet import drive_store, vehicle_store
from cloud.fleet.model import (
    DriveFilter,
    Presence,
    Summary,
    Told,
    Trip,
    Twin,
    TwinPart,
    Vehicle,
    VehicleFilter,
    Whereabouts,
    is_later,
)
from cloud.heard import Heard
from cloud.pages import Page, Window
from edge.wire import messages
from edge.wire.topics import Address

TwinBody = messages.Reported | messages.Health | messages.Position
_PARTS: Final[Mapping[type[TwinBody], TwinPart]] = {
    messages.Reported: TwinPart.REPORTED,
    messages.Health: TwinPart.HEALTH,
    messages.Position: TwinPart.POSITION,
}
_EXPIRE_EVERY: Final = 64
"""Old summaries are looked for when a summary's number in its stream divides by this."""


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """How long to wait, how much to keep."""

    offline_after: timedelta
    summaries_per_vehicle: int


class FleetService:
    """Vehicles, twins, trips, summaries. The `record` methods run inside the inbox's transaction."""

    def __init__(self, database: Database, settings: FleetSettings, now: Callable[[], datetime]) -> None:
        self._database = database
        self._settings = settings
        self._now = now

    def see(self, connection: Connection, address: Address, at: datetime) -> None:
        """A vehicle was heard at this time; at its first message it becomes known."""
        vehicle_store.see(connection, address, at)

    def record_presence(
        self, connection: Connection, address: Address, at: datetime, *, online: bool, retained: bool
    ) -> None:
        """A hello or a goodbye; a retained one, and a goodbye that the broker says, are no sign of life."""
        if online and not retained:
            vehicle_store.see(connection, address, at)
        else:
            vehicle_store.meet(connection, address, at)
        vehicle_store.set_said_offline(connection, address, None if online else at)

    def record_told(self, connection: Connection, heard: Heard, body: TwinBody) -> None:
        """Keep a part of the twin, unless a later one is held."""
        part = _PARTS[type(body)]
        if is_later(heard.place, vehicle_store.twin_place(connection, heard.address, part)):
            told = Told(body, heard.observed_at, heard.clock, heard.received_at)
            vehicle_store.put_twin_part(connection, heard.address, part, told, heard.place)

    def record_trip(self, connection: Connection, heard: Heard, body: messages.Trip) -> None:
        """Keep a trip; one that is known by its id stays as it is."""
        trip = Trip(
            address=heard.address,
            id=body.id,
            started_at=body.started_at,
            ended_at=body.ended_at,
            ended_by=body.ended_by,
            distance_m=body.distance_m,
            moving_s=body.moving_s,
            idle_s=body.idle_s,
            speed_max_kmh=body.speed_max_kmh,
            fuel_used_l=body.fuel_used_l,
            alerts=tuple(body.alerts),
            clock=heard.clock,
            received_at=heard.received_at,
        )
        drive_store.put_trip(connection, trip)

    def record_summary(self, connection: Connection, heard: Heard, body: messages.Summary) -> bool:
        """Keep a summary; one whose period is known stays as it is. From time to time the oldest go, counted.

        Returns:
            Whether the period is new.
        """
        summary = Summary(
            address=heard.address,
            started_at=body.started_at,
            ended_at=body.ended_at,
            signals=body.signals,
            clock=heard.clock,
            received_at=heard.received_at,
        )
        is_new = drive_store.put_summary(connection, summary)
        if heard.place[1] % _EXPIRE_EVERY == 0:
            gone = drive_store.expire_summaries(connection, heard.address, self._settings.summaries_per_vehicle)
            counters.add(connection, {"summaries_expired": gone})
        return is_new

    def census(self) -> dict[str, int]:
        """How many vehicles there are, by presence."""
        heard_since = self._now() - self._settings.offline_after
        with self._database.snapshot() as connection:
            known, online = vehicle_store.count_vehicles(connection, heard_since)
        return {Presence.ONLINE: online, Presence.OFFLINE: known - online}

    def presence(self, vehicle: Vehicle) -> Presence:
        """Whether a vehicle is connected now."""
        return vehicle.presence(now=self._now(), offline_after=self._settings.offline_after)

    def vehicle(self, address: Address) -> Vehicle:
        """One vehicle.

        Raises:
            NotFound: it was never heard.
        """
        with self._database.snapshot() as connection:
            return self._vehicle(connection, address)

    def vehicles(self, wanted: VehicleFilter, window: Window) -> Page[Vehicle]:
        """Vehicles by fleet and name.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((str, str))
        with self._database.snapshot() as connection:
            rows = vehicle_store.list_vehicles(connection, wanted, after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.address.fleet, row.address.vehicle))

    def twin(self, address: Address) -> Twin:
        """What is known of a vehicle's state.

        Raises:
            NotFound: it was never heard.
        """
        with self._database.snapshot() as connection:
            vehicle = self._vehicle(connection, address)
            wanted = DriveFilter(fleet=address.fleet, vehicle=address.vehicle)
            latest = drive_store.list_summaries(connection, wanted, after=None, rows_max=1)
            return Twin(
                vehicle=vehicle,
                reported=vehicle_store.twin_part(connection, address, TwinPart.REPORTED),
                health=vehicle_store.twin_part(connection, address, TwinPart.HEALTH),
                position=vehicle_store.twin_part(connection, address, TwinPart.POSITION),
                latest=latest[0] if latest else None,
            )

    def place(self, address: Address) -> tuple[float, float] | None:
        """Where a vehicle said last that it is, in degrees north and east (WGS 84); None where it never did."""
        with self._database.snapshot() as connection:
            told = vehicle_store.twin_part(connection, address, TwinPart.POSITION)
        body = None if told is None else told.body
        return (body.latitude_deg, body.longitude_deg) if isinstance(body, messages.Position) else None

    def positions(self, wanted: VehicleFilter, window: Window) -> Page[Whereabouts]:
        """Where each vehicle was that ever said so, by fleet and name.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((str, str))
        with self._database.snapshot() as connection:
            rows = vehicle_store.list_positions(connection, wanted, after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.address.fleet, row.address.vehicle))

    def trips(self, wanted: DriveFilter, window: Window) -> Page[Trip]:
        """Trips, the latest start first.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((datetime, str, str, str))
        with self._database.snapshot() as connection:
            rows = drive_store.list_trips(connection, wanted, after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.started_at, row.address.fleet, row.address.vehicle, row.id))

    def summaries(self, wanted: DriveFilter, window: Window) -> Page[Summary]:
        """Summaries, the latest period first.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((datetime, str, str))
        with self._database.snapshot() as connection:
            rows = drive_store.list_summaries(connection, wanted, after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.started_at, row.address.fleet, row.address.vehicle))

    def heard_since(self, since: datetime, wanted: DriveFilter) -> list[Summary]:
        """The latest summary of each vehicle that told one after then, in the order in which they came."""
        with self._database.snapshot() as connection:
            return drive_store.latest_summaries(connection, wanted, since)

    def _vehicle(self, connection: Connection, address: Address) -> Vehicle:
        vehicle = vehicle_store.vehicle(connection, address)
        if vehicle is None:
            raise NotFound(f"nothing was ever heard of vehicle {address.vehicle!r} in fleet {address.fleet!r}")
        return vehicle
