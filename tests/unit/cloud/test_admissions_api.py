"""Letting in and putting out over the API."""

import json
from typing import Any

import httpx
import pytest

from cloud.api.server import V1
from edge.enrolment.keys import BoxKey
from edge.wire.enrolment import PATH, Admission, read_code
from tests.unit.cloud.doors import deeds
from tests.unit.cloud.services import Cloud, authority
from tests.unit.cloud.test_api import api_of, ask, problem

VAN = f"{V1}/admissions/north/van-7"


def post(cloud: Cloud, path: str, body: Any, *, token: bool = True) -> httpx.Response:
    app = api_of(cloud)
    return ask(app, path, method="POST", body=body) if token else ask(app, path, method="POST", body=body, token=None)


def enrol(cloud: Cloud, key: BoxKey, code: str) -> httpx.Response:
    return post(cloud, PATH, json.loads(key.enrolment(read_code(code)).model_dump_json()), token=False)


def test_from_a_code_to_the_end(cloud: Cloud) -> None:
    made = post(cloud, f"{VAN}/code", {})
    assert made.status_code == 201
    key, code = BoxKey.new(), made.json()["code"]
    answer = enrol(cloud, key, code)
    assert answer.status_code == 201, answer.text
    admission = Admission.model_validate_json(answer.content)
    assert answer.json()["schema"] == "admission/1"
    assert key.believe(admission, pin=authority().pin).address.vehicle == "van-7"
    next_key = BoxKey.new()
    wish = json.loads(next_key.renewal(key, admission.certificate).model_dump_json())
    assert post(cloud, f"{PATH}/renewal", wish, token=False).status_code == 201
    [row] = ask(api_of(cloud), f"{V1}/admissions").json()["items"]
    assert (row["fleet"], row["vehicle"], row["state"], row["claim_ends_at"]) == ("north", "van-7", "admitted", None)
    assert problem(post(cloud, f"{VAN}/code", {}))["status"] == 409
    assert post(cloud, f"{VAN}/code", {"replace": True}).status_code == 201
    assert post(cloud, f"{VAN}/revocation", {"why": "sold"}).json()["state"] == "revoked"
    assert problem(post(cloud, f"{PATH}/renewal", wish, token=False))["status"] == 422
    door = post(cloud, f"{V1}/broker/door", {"applied": 0}).json()
    assert (door["change"], door["denied"]) == (2, ["north/van-7"])
    assert door["out"] == [{"fleet": "north", "vehicle": "van-7", "change": 2}]
    done = [deed.action for deed in deeds(cloud)][::-1]
    assert done[:3] == ["claim_vehicle", "enrol_vehicle", "renew_certificate"]
    assert done[3:] == ["revoke_vehicle", "claim_vehicle", "revoke_vehicle", "refused_renewal"]


def test_a_code_comes_as_a_command_and_as_a_qr_code_where_it_is_said_where_the_cloud_is(cloud: Cloud) -> None:
    alone = post(cloud, f"{VAN}/code", {}).json()
    assert (alone["command"], alone["qr"]) == (None, None)
    made = post(cloud, f"{VAN}/code", {"cloud": "https://cloud.example"}).json()
    assert made["command"] == f"telltale-edge enrol --cloud https://cloud.example --code {made['code']}"
    rows = made["qr"]
    assert {len(row) for row in rows} == {len(rows)}
    assert set("".join(rows)) == {"0", "1"}
    finder = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]  # ISO/IEC 18004, 6.3.3
    assert [row[:7] for row in rows[:7]] == [row[-7:] for row in rows[:7]] == [row[:7] for row in rows[-7:]] == finder
    version = (len(rows) - 17) // 4
    assert 5 <= version <= 8, "a hundred characters at level M"
    for cloud_url in ("ftp://x", "https://x; rm -rf /", "https://$(x)", "https://x y", "x"):
        assert problem(post(cloud, f"{VAN}/code", {"cloud": cloud_url}))["status"] == 422


def test_what_a_broker_refused_is_told(cloud: Cloud) -> None:
    refused = [
        {"kind": "publish", "who": "south/van-1", "detail": "telltale/v1/north/x", "times": 3, "fleet": "south"},
        {"kind": "connection", "who": "192.0.2.7", "detail": "certificate verify failed"},
    ]
    assert post(cloud, f"{V1}/broker/door", {"applied": 0, "refused": refused}).status_code == 200
    told = {(deed.by, deed.action, deed.subject, deed.fleet, deed.note) for deed in deeds(cloud)}
    assert told == {
        ("south/van-1", "refused_publish", "telltale/v1/north/x", "south", "3 times"),
        ("192.0.2.7", "refused_connection", "certificate verify failed", None, ""),
    }


@pytest.mark.parametrize(
    "body", [{}, {"claim": "x"}, {"claim": "0" * 64, "request": "x" * 9000, "signature": "0" * 128}, [], "x"]
)
def test_what_is_no_request_is_refused(cloud: Cloud, body: Any) -> None:
    for path in (PATH, f"{PATH}/renewal"):
        assert problem(post(cloud, path, body, token=False))["status"] == 422


def test_a_body_without_end_is_not_read(cloud: Cloud) -> None:
    assert problem(post(cloud, PATH, {"request": "x" * 300_000}, token=False))["status"] == 413


def test_names_that_are_none(cloud: Cloud) -> None:
    assert problem(post(cloud, f"{V1}/admissions/nor%20th/van/code", {}))["status"] == 404
    long = problem(post(cloud, f"{V1}/admissions/{'f' * 40}/{'v' * 40}/code", {}))
    assert (long["status"], "63" in long["detail"]) == (422, True)


def test_where_nobody_certifies_vehicles_it_is_said(cloud: Cloud) -> None:
    cloud.provisioning = None  # type: ignore[assignment]  # as without [provisioning]
    for path in (f"{VAN}/code", f"{VAN}/revocation"):
        assert "no authority" in problem(post(cloud, path, {}))["detail"]
