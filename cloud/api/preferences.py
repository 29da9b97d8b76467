"""/vehicles/…/preferences: what the owner would rather have of every visit, and where the vehicle stands otherwise."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from cloud.api.access import AddressOf, Caller, ServicesOf, may
from cloud.api.forms import FleetName, Form, Moment, VehicleName
from cloud.api.jobs import PlaceForm, PreferencesForm, Wish
from cloud.scheduling.model import VehiclePreferences
from cloud.security.roles import Permission

router = APIRouter(prefix="/vehicles", tags=["scheduling"])
Reader = Annotated[Caller, may(Permission.SEE_BOOKINGS)]
Putter = Annotated[Caller, may(Permission.BOOK)]


class PreferencesWish(Wish):
    """All that is preferred; what is left out is no preference."""

    preferences: PreferencesForm = PreferencesForm()
    base: PlaceForm | None = None
    """Where it stands when nobody drives it; counts where the vehicle does not tell where it is."""


class VehiclePreferencesForm(Form):
    """What is preferred for every visit of a vehicle."""

    fleet: FleetName
    vehicle: VehicleName
    preferences: PreferencesForm
    base: PlaceForm | None
    """Null: unknown."""
    by: Annotated[str, Field(examples=["ada@example.org"])]
    """Who put them; empty: nobody ever did."""
    put_at: Moment | None


@router.get("/{fleet}/{vehicle}/preferences")
def preferences(_: Reader, services: ServicesOf, address: AddressOf) -> VehiclePreferencesForm:
    """What is preferred; where nobody said anything, nothing is."""
    return _form(services.preferences.of(address))


@router.put("/{fleet}/{vehicle}/preferences")
def put_preferences(
    caller: Putter, services: ServicesOf, address: AddressOf, wish: PreferencesWish
) -> VehiclePreferencesForm:
    """Replace all of it; safe to repeat. The next offers heed it."""
    base = None if wish.base is None else wish.base.place()
    return _form(services.preferences.put(address, wish.preferences.preferences(), base, by=caller.name))


def _form(known: VehiclePreferences) -> VehiclePreferencesForm:
    wanted, base = known.preferences, known.base
    return VehiclePreferencesForm(
        fleet=known.address.fleet,
        vehicle=known.address.vehicle,
        preferences=PreferencesForm(
            weekdays=tuple(sorted(wanted.weekdays)),
            after=wanted.after,
            before=wanted.before,
            centre=wanted.centre,
            distance_max_km=wanted.distance_max_km,
        ),
        base=None if base is None else PlaceForm(latitude_deg=base.latitude_deg, longitude_deg=base.longitude_deg),
        by=known.by,
        put_at=known.put_at,
    )
