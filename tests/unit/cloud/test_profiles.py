"""What a vehicle is: VIN, build and parts; unknown stays unknown."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.api.server import V1
from cloud.errors import NotFound, Refused
from cloud.fleet.profile import PARTS_MAX, Part, Profile, ProfileFilter, check_digit_agrees, checked_vin
from cloud.pages import Window
from cloud.security.audit_model import AuditFilter
from edge.wire.topics import Address
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.test_api import api_of, ask
from tests.unit.cloud.vehicle import Speaker

VAN = Speaker()
VIN = "1M8GDM9AXKP042788"
PATH = f"{V1}/vehicles/north/van-7/profile"
WHOLE: dict[str, Any] = {
    "vin": VIN.lower(),
    "make": "Nordwagen",
    "model": "Kombi 2",
    "model_year": 2025,
    "batch": "2025-W11",
    "built_on": "2025-03-14",
    "in_service_on": "2025-05-01",
    "country": "DE",
    "firmware": "4.2.1",
    "parts": {"cooling": {"number": "WP-1042", "batch": "K-2531", "fitted_on": "2025-03-14", "fitted_km": 0.0}},
}


def heard(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.health(), 1))


@pytest.mark.parametrize(
    ("vin", "agrees"),
    [(VIN, True), ("11111111111111111", True), ("1M8GDM9A1KP042788", False), ("WVWZZZ1JZXW000001", False)],
)
def test_the_check_digit_is_noted(vin: str, agrees: bool) -> None:
    assert check_digit_agrees(checked_vin(vin)) is agrees


@given(st.text("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", min_size=17, max_size=17))
def test_of_all_check_digits_one_agrees(vin: str) -> None:
    ways = [vin[:8] + sign + vin[9:] for sign in "0123456789X"]
    assert sum(map(check_digit_agrees, ways)) == 1
    assert checked_vin(vin.lower()) == vin


@pytest.mark.parametrize(
    ("vin", "why"), [("", "has 0 signs"), (VIN[:-1], "has 16 signs"), (VIN[:-1] + "O", "'O'"), (VIN[:-1] + "ß", "18")]
)
def test_what_is_no_vin_is_refused(vin: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        checked_vin(vin)


@pytest.mark.parametrize(
    ("profile", "field"),
    [
        ({"built_on": date(2025, 3, 2), "in_service_on": date(2025, 3, 1)}, "in_service_on"),
        ({"model_year": 25}, "model_year"),
        ({"parts": {"cooling": Part("1", fitted_km=-1)}}, "parts.cooling.fitted_km"),
        ({"parts": {"cooling": Part("1", fitted_km=float("nan"))}}, "parts.cooling.fitted_km"),
        ({"built_on": date(2025, 3, 2), "parts": {"cooling": Part("1", fitted_on=date(2025, 3, 1))}}, "fitted_on"),
        ({"parts": {f"part_{n}": Part("1") for n in range(PARTS_MAX + 1)}}, "parts"),
    ],
)
def test_what_cannot_be_names_its_field(profile: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused, match=f"^{field}|{field}:"):
        Profile(VAN.address, **profile).checked()


def test_a_profile_is_kept_as_it_was_put_and_the_audit_says_who_did(cloud: Cloud) -> None:
    heard(cloud)
    app = api_of(cloud)
    put = ask(app, PATH, method="PUT", body=WHOLE)
    assert put.json() == ask(app, PATH).json() == ask(app, PATH, method="PUT", body=WHOLE).json()
    assert put.json() == WHOLE | {
        "vin": VIN,
        "vin_check_digit_agrees": True,
        "fleet": "north",
        "vehicle": "van-7",
    }
    deeds = cloud.security.audit.entries(AuditFilter(action="put_profile"), Window()).items
    assert [one.deed.subject for one in deeds] == ["vehicles/north/van-7"]


def test_what_is_left_out_is_unknown_afterwards(cloud: Cloud) -> None:
    heard(cloud)
    cloud.profiles.put(Profile(VAN.address, make="Nordwagen", parts={"cooling": Part("1")}), by="test")
    cloud.profiles.put(Profile(VAN.address, firmware="4"), by="test")
    assert cloud.profiles.profile(VAN.address) == Profile(VAN.address, firmware="4")


def test_of_a_vehicle_without_a_profile_everything_is_unknown(cloud: Cloud) -> None:
    heard(cloud)
    assert cloud.profiles.profile(VAN.address) == Profile(VAN.address)
    told = ask(api_of(cloud), PATH).json()
    assert told.pop("parts") == {}
    assert {name for name, value in told.items() if value is not None} == {"fleet", "vehicle"}
    assert cloud.profiles.profiles(ProfileFilter(), Window()).items == []


def test_a_vehicle_that_was_never_heard_has_none(cloud: Cloud) -> None:
    with pytest.raises(NotFound, match="van-7"):
        cloud.profiles.put(Profile(VAN.address), by="test")
    with pytest.raises(NotFound, match="van-7"):
        cloud.profiles.profile(VAN.address)


def test_profiles_come_by_fleet_and_vehicle_page_by_page(cloud: Cloud) -> None:
    names = [("north", "a"), ("north", "b"), ("south", "a")]
    for fleet, vehicle in names:
        cloud.take(Speaker(vehicle, fleet).say(says.health(), 1))
        cloud.profiles.put(Profile(Address(fleet, vehicle)), by="test")
    first = cloud.profiles.profiles(ProfileFilter(), Window(limit=2))
    rest = cloud.profiles.profiles(ProfileFilter(), Window(limit=2, after=first.after))
    assert [(one.address.fleet, one.address.vehicle) for one in first.items + rest.items] == names
    assert rest.after is None
    north = cloud.profiles.profiles(ProfileFilter(fleet="north", within=frozenset({"north"})), Window())
    assert len(north.items) == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"vin": "short"}, "vin"),
        ({"country": "Germany"}, "country"),
        ({"make": "a\nb"}, "make"),
        ({"model": "x" * 101}, "model"),
        ({"colour": "red"}, "colour"),
        ({"parts": {"Cooling!": {"number": "1"}}}, "parts"),
        ({"parts": {"cooling": {"batch": "1"}}}, "number"),
    ],
)
def test_the_api_names_the_field_that_it_refuses(cloud: Cloud, change: dict[str, Any], field: str) -> None:
    heard(cloud)
    answer = ask(api_of(cloud), PATH, method="PUT", body={**WHOLE, **change})
    assert (answer.status_code, answer.json()["title"] != "") == (422, True)
    assert field in answer.text
