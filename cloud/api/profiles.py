"""/vehicles/{fleet}/{vehicle}/profile: what a vehicle is, beyond what it tells itself."""

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from cloud.api.access import AddressOf, Caller, ServicesOf, may
from cloud.api.forms import FleetName, Form, VehicleName
from cloud.api.jobs import Name, Wish
from cloud.fleet.profile import KM_MAX, PARTS_MAX, TEXT_MAX, YEARS, Part, Profile, check_digit_agrees
from cloud.security.roles import Permission
from edge.wire.topics import Address

router = APIRouter(prefix="/vehicles", tags=["vehicles"])

_LINE: Final = r"^[^\x00-\x1f\x7f]*$"
Text = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_MAX, pattern=_LINE)]
Day = Annotated[date | None, Field(examples=["2025-03-14"])]


class PartForm(Wish):
    """A part that is in the vehicle now."""

    number: Annotated[Text, Field(examples=["WP-1042"])]
    """The maker's."""
    batch: Annotated[Text | None, Field(examples=["K-2531"])] = None
    fitted_on: Day = None
    fitted_km: Annotated[float | None, Field(ge=0, le=KM_MAX, allow_inf_nan=False, examples=[48210.0])] = None
    """What the odometer said then."""


class ProfileWish(Wish):
    """What a vehicle is. Null, or left out, is unknown."""

    vin: Annotated[str | None, Field(max_length=40, examples=["1M8GDM9AXKP042788"])] = None
    """17 figures and letters, without I, O and Q."""
    make: Annotated[Text | None, Field(examples=["Nordwagen"])] = None
    model: Annotated[Text | None, Field(examples=["Kombi 2"])] = None
    model_year: Annotated[int | None, Field(ge=YEARS.start, lt=YEARS.stop, examples=[2025])] = None
    batch: Annotated[Text | None, Field(examples=["2025-W11"])] = None
    """Of the vehicle's build."""
    built_on: Day = None
    in_service_on: Day = None
    country: Annotated[str | None, Field(pattern=r"^[A-Z]{2}$", examples=["DE"])] = None
    """Where it is in service: two letters (ISO 3166-1)."""
    firmware: Annotated[Text | None, Field(examples=["4.2.1"])] = None
    """Of its control units, as its maker names the release."""
    parts: Annotated[
        dict[Name, PartForm],
        Field(max_length=PARTS_MAX, examples=[{"cooling": {"number": "WP-1042", "batch": "K-2531"}}]),
    ] = Field(default_factory=dict)
    """By component."""

    def profile(self, address: Address) -> Profile:
        """The same inside."""
        plain = {name: getattr(self, name) for name in ProfileWish.model_fields if name != "parts"}
        parts = {component: Part(**part.model_dump()) for component, part in self.parts.items()}
        return Profile(address, **plain, parts=parts)


class ProfileForm(Form):
    """A profile as it stands. Null is unknown."""

    fleet: FleetName
    vehicle: VehicleName
    vin: Annotated[str | None, Field(examples=["1M8GDM9AXKP042788"])]
    vin_check_digit_agrees: Annotated[bool | None, Field(examples=[True])]
    """Whether the ninth sign is the check digit of the others; false is wrong in North America, and free elsewhere."""
    make: str | None
    model: str | None
    model_year: int | None
    batch: str | None
    built_on: Day
    in_service_on: Day
    country: str | None
    firmware: str | None
    parts: dict[str, PartForm]


@router.get("/{fleet}/{vehicle}/profile")
def profile(
    _: Annotated[Caller, may(Permission.SEE_VEHICLES)], services: ServicesOf, address: AddressOf
) -> ProfileForm:
    """What is known of it; all null where nobody ever said."""
    return profile_form(services.profiles.profile(address))


@router.put("/{fleet}/{vehicle}/profile")
def put_profile(
    caller: Annotated[Caller, may(Permission.PUT_VEHICLES)], services: ServicesOf, address: AddressOf, form: ProfileWish
) -> ProfileForm:
    """Say what it is, in place of what was said before; safe to repeat."""
    return profile_form(services.profiles.put(form.profile(address), by=caller.name))


def profile_form(profile: Profile) -> ProfileForm:
    """A profile for callers."""
    plain = {name: getattr(profile, name) for name in ProfileWish.model_fields if name != "parts"}
    parts = {name: PartForm.model_validate(part, from_attributes=True) for name, part in profile.parts.items()}
    return ProfileForm(
        fleet=profile.address.fleet,
        vehicle=profile.address.vehicle,
        vin_check_digit_agrees=None if profile.vin is None else check_digit_agrees(profile.vin),
        parts=parts,
        **plain,
    )
