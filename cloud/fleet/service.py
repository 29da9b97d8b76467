"""What the rest of the cloud may ask of the fleet."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cloud import counters
from cloud.database import Connection, Database
from cloud.errors import NotFound
from cloud.fleet import desired_store, drive_store, place_store, trip_store, vehicle_store
from cloud.fleet.model import (
    DriveFilter,
    Driven,
    Presence,
    Seen,
    Summary,
    Told,
    Twin,
    TwinPart,
    Vehicle,
    VehicleFilter,
    Whereabouts,
    is_later,
    quiet_until,
    seen_in,
    spoken_of,
    together,
)
from cloud.fleet.trip import Trip, trip_of
from cloud.heard import Heard
from cloud.pages import Page, Window
from edge.wire import messages
from edge.wire.topics import Address

TwinBody = messages.Reported | messages.Health | messages.Position
_EXPIRE_EVERY: Final = 64
"""What is too much or too old is looked for when a message's number in its stream divides by this."""
_FUTURE_MAX: Final = timedelta(minutes=5)
"""By which a clock that is known to be right may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """How long to wait, how much to keep."""

    offline_after: timedelta
    summaries_per_vehicle: int
    places_for: timedelta = timedelta(days=90)
    """How long it is known where a vehicle was, by the hour and by its trips, and how these were driven; of no length:
    not at all."""


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
        """Keep the parts of the twin that it speaks of, of which no later one is held."""
        for part in _parts_of(body):
            if is_later(heard.place, vehicle_store.twin_place(connection, heard.address, part)):
                self._keep_part(connection, heard, part, body)
        if isinstance(body, messages.Position):
            at = heard.observed_at
            self._keep_place(connection, heard, Seen(at, body.latitude_deg, body.longitude_deg, body.accuracy_m))
            self._tidy(connection, heard)

    def _keep_part(self, connection: Connection, heard: Heard, part: TwinPart, body: TwinBody) -> None:
        if isinstance(body, messages.Health) and not body.counters:
            body = self._with_counters(connection, heard.address, body)
        told = Told(body, heard.observed_at, heard.clock, heard.received_at)
        vehicle_store.put_twin_part(connection, heard.address, part, told, heard.place)
        if isinstance(body, messages.Health):
            vehicle_store.set_quiet_until(connection, heard.address, quiet_until(told))

    def _with_counters(self, connection: Connection, address: Address, body: messages.Health) -> messages.Health:
        """A sign of life tells no counters: those told before are kept."""
        held = vehicle_store.twin_part(connection, address, TwinPart.HEALTH)
        counters = held.body.counters if held is not None and isinstance(held.body, messages.Health) else {}
        return body.model_copy(update={"counters": counters})

    def record_trip(self, connection: Connection, heard: Heard, body: messages.Trip) -> None:
        """Keep a trip; one that is known by its id stays as it is. Where and how only as long as places are kept."""
        trip, kept_from = trip_of(heard, body), self._kept_from()
        trip_store.put_trip(connection, trip if trip.is_personal_since(kept_from) else trip.forgotten())
        self._tidy(connection, heard)

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
        self._keep_place(connection, heard, seen_in(body.signals, body.ended_at))
        self._tidy(connection, heard)
        return is_new

    def _tidy(self, connection: Connection, heard: Heard) -> None:
        """From time to time, what is too much or too old of a vehicle goes, counted."""
        if heard.place[1] % _EXPIRE_EVERY != 0:
            return
        address, kept_from = heard.address, self._kept_from()
        gone = {
            "summaries_expired": drive_store.expire_summaries(
                connection, address, self._settings.summaries_per_vehicle
            ),
            "places_expired": place_store.expire_places(connection, address, kept_from),
            "trips_forgotten": trip_store.forget_personal(connection, address, kept_from),
        }
        counters.add(connection, gone)

    def _kept_from(self) -> datetime:
        """From when on it is kept where vehicles were and how they were driven."""
        return self._now() - self._settings.places_for

    def _keep_place(self, connection: Connection, heard: Heard, seen: Seen | None) -> None:
        """Keep where a vehicle was, also where it says so late; under a wrong clock it is unknown when that was."""
        if seen is None or not heard.clock.is_right:
            return
        if self._kept_from() < seen.at <= self._now() + _FUTURE_MAX:
            place_store.put_place(connection, heard.address, seen)

    def census(self) -> dict[str, int]:
        """How many vehicles there are, by presence."""
        heard_since = self._now() - self._settings.offline_after
        with self._database.snapshot() as connection:
            known, asleep, online = vehicle_store.count_vehicles(connection, heard_since)
        return {Presence.ONLINE: online, Presence.ASLEEP: asleep, Presence.OFFLINE: known - asleep - online}

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

    def last_heard(self, fleet: str) -> dict[str, datetime]:
        """When each vehicle of a fleet was heard last."""
        with self._database.snapshot() as connection:
            return vehicle_store.last_heard(connection, fleet)

    def twin(self, address: Address) -> Twin:
        """What is known of a vehicle's state.

        Raises:
            NotFound: it was never heard.
        """
        with self._database.snapshot() as connection:
            vehicle = self._vehicle(connection, address)
            wanted = DriveFilter(fleet=address.fleet, vehicle=address.vehicle)
            latest = drive_store.list_summaries(connection, wanted, after=None, rows_max=1)
            parts = vehicle_store.twin_parts_of(connection, address)
            return Twin(
                vehicle=vehicle,
                reported=together(parts),
                health=parts.get(TwinPart.HEALTH),
                position=parts.get(TwinPart.POSITION),
                latest=latest[0] if latest else None,
                desired=desired_store.desired_of(connection, address),
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
        """Trips, the latest start first; where and how only of those of which it is to be kept.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((datetime, str, str, str))
        with self._database.snapshot() as connection:
            rows = trip_store.list_trips(connection, wanted, after=after, rows_max=window.limit + 1)
        # A vehicle that is never heard again does not make room: what is too old is not shown either.
        kept_from = self._kept_from()
        shown = [row if row.is_personal_since(kept_from) else row.forgotten() for row in rows]
        return window.page(shown, lambda row: (row.started_at, row.address.fleet, row.address.vehicle, row.id))

    def driven(self, fleet: str, since: datetime, until: datetime) -> list[Driven]:
        """What each vehicle of a fleet drove in a period; one that told of no trip is not in it."""
        with self._database.snapshot() as connection:
            return trip_store.driven(connection, fleet, since, until)

    def legs(self, address: Address, since: datetime, until: datetime) -> list[tuple[datetime, float]]:
        """When each trip of a vehicle began and how many km it told, the earliest first."""
        with self._database.snapshot() as connection:
            return trip_store.legs(connection, address, since, until)

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

    def summaries_between(
        self, address: Address, since: datetime, until: datetime, *, newest_first: bool = False, most: int = 500
    ) -> list[Summary]:
        """A vehicle's summaries that began within this time; at most so many, from the end that is named."""
        with self._database.snapshot() as connection:
            return drive_store.summaries_between(
                connection, address, since, until, newest_first=newest_first, rows_max=most
            )

    def places(self, address: Address, since: datetime, until: datetime) -> list[Seen]:
        """Where a vehicle was last in each hour of this time in which it said so, the earliest first."""
        with self._database.snapshot() as connection:
            return place_store.places_between(connection, address, since, until)

    def first_summary_at(self, address: Address) -> datetime | None:
        """When the oldest summary that is kept of a vehicle began; None: none is kept."""
        with self._database.snapshot() as connection:
            return drive_store.first_summary_at(connection, address)

    def driven_until(self, address: Address, until: datetime) -> tuple[int, int, float]:
        """Trips that had ended by then, those of them that told a distance, and what these add up to in metres."""
        with self._database.snapshot() as connection:
            return trip_store.driven_until(connection, address, until)

    def members(self, connection: Connection, fleet: str) -> list[Address]:
        """Every vehicle of a fleet that was ever heard."""
        return vehicle_store.members(connection, fleet)

    def _vehicle(self, connection: Connection, address: Address) -> Vehicle:
        vehicle = vehicle_store.vehicle(connection, address)
        if vehicle is None:
            raise NotFound(f"nothing was ever heard of vehicle {address.vehicle!r} in fleet {address.fleet!r}")
        return vehicle


def _parts_of(body: TwinBody) -> list[TwinPart]:
    if isinstance(body, messages.Reported):
        return spoken_of(body)
    return [TwinPart.HEALTH if isinstance(body, messages.Health) else TwinPart.POSITION]
