"""/claims and /warranty-plans over HTTP, from a done work order to the pack."""

import io
import zipfile
from typing import Any

import httpx
import pytest

from cloud.api.server import V1
from cloud.warranty.pack import verify_pack
from cloud.warranty.seal import Seal
from tests.unit.cloud.claims import drive, profile, repaired, whole
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.test_api import api_of, ask, problem

SAID = {"failed_at": "2026-11-21T08:40:00Z", "odometer_km": 48200, "maintenance": [{"on": "2025-12-01", "km": 21400}]}
WISH = {"work_order": 1, **SAID}


class Asks:
    """Somebody at the API."""

    def __init__(self, cloud: Cloud) -> None:
        self._app = api_of(cloud)

    def __call__(self, method: str, path: str, body: object = None) -> httpx.Response:
        return ask(self._app, f"{V1}{path}", method=method, body=body)


@pytest.fixture
def api(cloud: Cloud) -> Asks:
    whole(cloud)
    return Asks(cloud)


def test_from_a_work_order_to_the_pack(api: Asks) -> None:
    made = api("POST", "/claims", WISH)
    assert made.status_code == 201
    claim: dict[str, Any] = made.json()
    assert (claim["number"], claim["state"], claim["pays"]) == (1, "draft", "open")
    assert (claim["fleet"], claim["vehicle"], claim["work"]) == ("north", "van-7", "water_pump_replacement")
    assert claim["assessment"]["plan"] == "example_van"
    verdict = claim["assessment"]["verdict"]
    assert (verdict["decision"], verdict["clause"], verdict["lacks"]) == ("eligible", "V6", [])
    assert [one["finding"] for one in claim["assessment"]["checks"]] == ["plausible"] * 3
    assert api("GET", "/claims/1").json() == claim
    listed = api("GET", "/claims?fleet=north&state=draft").json()["items"]
    assert listed == [{**claim, "assessment": None}]
    submitted = api("POST", "/claims/1/submit", {"sequence": 0}).json()
    assert (submitted["state"], submitted["submitted_by"]) == ("submitted", "bootstrap")
    decided = api("POST", "/claims/1/decide", {"sequence": 1, "decision": "approved"}).json()
    assert (decided["state"], decided["pays"], decided["ruling"]["by"]) == ("approved", "maker", "bootstrap")
    assert api("GET", "/claims/1").json() == decided
    pack = api("GET", "/claims/1/pack")
    assert (pack.headers["content-type"], pack.headers["content-disposition"]) == (
        "application/zip", 'attachment; filename="claim-1.zip"',
    )  # fmt: skip
    assert verify_pack(pack.content, Seal(bytes(32))).is_whole
    assert "claim-1.pdf" in zipfile.ZipFile(io.BytesIO(pack.content)).namelist()


def test_the_failure_is_the_first_alert_where_nobody_says(api: Asks) -> None:
    claim = api("POST", "/claims", {"work_order": 1}).json()
    assert claim["statement"] == {
        "failed_at": "2026-11-21T08:40:00Z", "odometer_km": None, "circumstances": [], "maintenance": None, "note": "",
    }  # fmt: skip
    assert claim["assessment"]["verdict"]["lacks"] == ["maintenance"]
    anew = api("PUT", "/claims/1", {**SAID, "sequence": 0, "circumstances": ["overloaded"]}).json()
    assert (anew["sequence"], anew["assessment"]["verdict"]["clause"]) == (1, "V3")


def test_what_goes_wrong_says_what_to_do(api: Asks) -> None:
    api("POST", "/claims", WISH)
    for method, path, body, status, says in (
        ("POST", "/claims", {**WISH, "work_order": 9}, 404, "no work order 9"),
        ("POST", "/claims", {**WISH, "note": "another"}, 409, "has claim 1 already; PUT another statement"),
        ("POST", "/claims", {**WISH, "odometer_km": -1}, 422, "odometer_km"),
        ("POST", "/claims", {**WISH, "circumstances": ["a b"]}, 422, "circumstances"),
        ("POST", "/claims", {**WISH, "colour": "red"}, 422, "colour"),
        ("GET", "/claims/2", None, 404, "no claim 2"),
        ("GET", "/claims/2/pack", None, 404, "no claim 2"),
        ("POST", "/claims/1/submit", {"sequence": 5}, 409, "has changed meanwhile"),
        ("POST", "/claims/1/decide", {"sequence": 0, "decision": "rejected", "note": "x"}, 409, "submit it first"),
        ("POST", "/claims/1/decide", {"sequence": 0, "decision": "maybe"}, 422, "decision"),
        ("PUT", "/warranty-plans/vehicles/north/van-7", {"plan": "x"}, 404, "there are example_truck, example_van"),
    ):
        told = problem(api(method, path, body))
        assert (told["status"], says in told["detail"]) == (status, True), told


def test_an_open_work_order_is_refused_with_the_remedy(cloud: Cloud) -> None:
    api = Asks(cloud)
    whole_but_open(cloud)
    told = problem(api("POST", "/claims", WISH))
    assert (told["status"], told["type"]) == (422, "urn:telltale:problem:refused")
    assert "complete it with outcome repaired first" in told["detail"]


def whole_but_open(cloud: Cloud) -> None:
    drive(cloud)
    cloud.profiles.put(profile(), by="ada")
    repaired(cloud, report=None)


def test_plans_and_which_vehicle_has_which(api: Asks) -> None:
    plans = api("GET", "/warranty-plans").json()["items"]
    assert [(one["id"], one["unit"]) for one in plans] == [("example_truck", "mi"), ("example_van", "km")]
    assert [one["kind"] for one in plans[1]["clauses"]][:2] == ["countries", "wear"]
    path = "/warranty-plans/vehicles/north/van-7"
    assert api("GET", path).json() == {"fleet": "north", "vehicle": "van-7", "plan": "example_van", "how": "by_model"}
    assert api("PUT", path, {"plan": "example_truck"}).json()["how"] == "assigned"
    assert api("GET", path).json()["plan"] == "example_truck"
    assert api("PUT", path, {"plan": None}).json()["plan"] == "example_van"
