"""/fleets/…/campaigns: who may ask what, what is answered, and what was collected as files."""

from typing import Any, Final

import httpx
import pytest

from cloud.api.server import V1
from cloud.blocks.candump import candump_log
from cloud.blocks.tables import columns_of, csv_table
from cloud.security.principal import Grant
from cloud.security.roles import Role
from edge.wire.blocks import digest
from edge.wire.frame_block import FORMAT as FRAMES
from edge.wire.frame_block import encode_frames
from edge.wire.messages import CampaignState
from edge.wire.sample_block import encode_samples
from tests.unit.cloud.collecting import ID, VAN, WINDOW, asked_of, look, met, report, reported, samples, window
from tests.unit.cloud.services import TOKEN, Cloud
from tests.unit.cloud.test_api import api_of, ask
from tests.unit.cloud.test_captures import frames

PATH: Final = f"{V1}/fleets/north/campaigns"
ONE: Final = f"{PATH}/{ID}"
BODY: Final[dict[str, Any]] = {
    "name": "Fast",
    "vehicles": ["van-7"],
    "signals": ["Vehicle.Speed"],
    "trigger": {"kind": "condition", "when": "Vehicle.Speed > 100 km/h"},
    "before_s": 10,
    "after_s": 20,
    "expires_at": "2026-11-22T10:00:00+02:00",
}


@pytest.fixture(autouse=True)
def heard(cloud: Cloud) -> None:
    met(cloud)


def post(cloud: Cloud, body: Any, *, token: str = TOKEN, path: str = PATH) -> httpx.Response:
    return ask(api_of(cloud), path, method="POST", body=body, token=token)


def get(cloud: Cloud, path: str = PATH, *, token: str = TOKEN) -> httpx.Response:
    return ask(api_of(cloud), path, token=token)


def test_a_campaign_as_it_is_answered(cloud: Cloud) -> None:
    given = post(cloud, {**BODY, "id": ID})
    assert given.status_code == 201, given.text
    assert given.json() == {
        "fleet": "north",
        "id": ID,
        "name": "Fast",
        "vehicles": ["van-7"],
        "signals": ["Vehicle.Speed"],
        "frames": [],
        "trigger": {"kind": "condition", "when": "Vehicle.Speed > 100 km/h"},
        "before_s": 10.0,
        "after_s": 20.0,
        "rate_hz": None,
        "starts_at": None,
        "expires_at": "2026-11-22T08:00:00Z",
        "priority": 5,
        "bytes_a_day": 1_000_000,
        "by": "bootstrap",
        "created_at": "2026-11-21T08:00:00Z",
        "is_open": True,
        "ended_at": None,
        "ended_by": None,
        "standings": {"asked": 1},
        "windows": 0,
        "missed": 0,
        "bytes": 0,
    }
    assert get(cloud, ONE).json() == given.json()
    assert get(cloud).json() == {"items": [given.json()], "after": None}
    assert post(cloud, {**BODY, "id": ID}).json() == given.json()
    look(cloud)
    assert asked_of(cloud) == [ID]


def test_raw_frames_on_time_for_a_whole_fleet(cloud: Cloud) -> None:
    wish = {
        **{name: BODY[name] for name in ("name", "expires_at", "after_s")},
        "frames": [{"id": 0x18FEF100, "extended": True, "bus": "can0"}, {"id": 0x7E8}],
        "trigger": {"kind": "time", "every_s": 600},
        "rate_hz": 5,
    }
    given = post(cloud, wish).json()
    assert given["vehicles"] is None
    assert given["frames"] == [
        {"id": 0x18FEF100, "extended": True, "bus": "can0"},
        {"id": 0x7E8, "extended": False, "bus": None},
    ]
    assert given["standings"] == {"asked": 2}


def test_it_shows_how_it_stands_on_each_vehicle_and_why_it_is_refused(cloud: Cloud) -> None:
    post(cloud, {**BODY, "vehicles": None, "id": ID})
    why = "signals.0: this vehicle does not send Vehicle.Speed"
    cloud.take(VAN.say(reported(report(ID, CampaignState.REFUSED, why, windows=1, missed=1, bytes=5)), 9))
    page = get(cloud, f"{ONE}/vehicles?limit=1").json()
    assert page["items"] == [
        {
            "vehicle": "van-7",
            "standing": "refused",
            "reason": why,
            "windows": 1,
            "missed": 1,
            "bytes": 5,
            "told_at": "2026-11-21T08:00:00Z",
        }
    ]
    [other] = get(cloud, f"{ONE}/vehicles?after={page['after']}").json()["items"]
    assert (other["vehicle"], other["standing"]) == ("van-8", "asked")
    assert {other[name] for name in ("windows", "missed", "bytes", "told_at")} == {None}, "unknown is not 0"
    assert get(cloud, ONE).json()["standings"] == {"asked": 1, "refused": 1}


def test_it_is_ended_once(cloud: Cloud) -> None:
    post(cloud, {**BODY, "id": ID})
    ended = post(cloud, {}, path=f"{ONE}/end")
    assert (ended.status_code, ended.json()["is_open"], ended.json()["ended_by"]) == (200, False, "bootstrap")
    assert post(cloud, {}, path=f"{ONE}/end").json() == ended.json()
    assert get(cloud, f"{PATH}?open=true").json()["items"] == []
    assert get(cloud, f"{PATH}?open=false").json()["items"] == [ended.json()]


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        ({"signals": []}, 422, "either signals or frames are collected"),
        ({"signals": ["Vehicle.Sped"]}, 422, "signals.0: there is no signal Vehicle.Sped. Did you mean Vehicle.Speed"),
        ({"trigger": {"kind": "condition", "when": "Vehicle.Speed > 3 V"}}, 422, "trigger.when: "),
        ({"trigger": {"kind": "never"}}, 422, "trigger"),
        ({"trigger": {"kind": "time", "every_s": 5}}, 422, "every_s"),
        ({"before_s": 0, "after_s": 0}, 422, "a window of no length"),
        ({"frames": [{"id": 2**29}], "signals": []}, 422, "frames"),
        ({"frames": [{"id": 1, "colour": "red"}], "signals": []}, 422, "colour"),
        ({"vehicles": []}, 422, "vehicles"),
        ({"vehicles": ["van/7"]}, 422, "vehicles"),
        ({"vehicles": ["van-77"]}, 404, "van-77"),
        ({"expires_at": "2026-11-21T08:00:00Z"}, 422, "that is over already"),
        ({"expires_at": "2026-11-22T08:00:00"}, 422, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59Z"}, 422, "expires_at"),
        ({"bytes_a_day": 1}, 422, "bytes_a_day"),
        ({"rate_hz": 0}, 422, "rate_hz"),
        ({"id": "mine"}, 422, "id"),
        ({"urgent": True}, 422, "urgent"),
        ({"name": ""}, 422, "name"),
    ],
)
def test_what_is_wrong_is_refused_with_place_and_remedy(
    cloud: Cloud, changes: dict[str, Any], status: int, says: str
) -> None:
    given = post(cloud, {**BODY, **changes})
    assert given.status_code == status, given.text
    assert says in given.json()["detail"]
    assert get(cloud).json()["items"] == []


def test_what_is_not_there(cloud: Cloud) -> None:
    for path in (ONE, f"{ONE}/vehicles", f"{ONE}/windows", f"{ONE}/windows/van-7/{WINDOW}"):
        assert get(cloud, path).status_code == 404, path
    assert post(cloud, {}, path=f"{ONE}/end").status_code == 404
    assert get(cloud, f"{PATH}/mine").status_code == 422
    assert get(cloud, f"{V1}/fleets/no%20fleet/campaigns").status_code == 422
    assert post(cloud, {**BODY, "id": ID}).status_code == 201
    assert post(cloud, {**BODY, "id": ID, "after_s": 21}).status_code == 409
    assert get(cloud, f"{V1}/fleets/south/campaigns/{ID}").status_code == 404


def test_who_may_ask_and_who_may_look(cloud: Cloud) -> None:
    people = cloud.security.people
    keys = {
        role: people.make_key(f"of-{role}", (Grant(role, "north"),), by="test")[1]
        for role in (Role.OWNER, Role.FLEET_MANAGER, Role.TECHNICIAN)
    }
    asked = {role: post(cloud, BODY, token=key).status_code for role, key in keys.items()}
    assert asked == {Role.OWNER: 403, Role.FLEET_MANAGER: 201, Role.TECHNICIAN: 403}
    seen = {role: get(cloud, token=key).status_code for role, key in keys.items()}
    assert seen == {Role.OWNER: 200, Role.FLEET_MANAGER: 200, Role.TECHNICIAN: 403}
    south = f"{V1}/fleets/south/campaigns"
    assert post(cloud, BODY, token=keys[Role.FLEET_MANAGER], path=south).status_code == 404


def test_windows_as_they_are_answered_and_taken(cloud: Cloud) -> None:
    post(cloud, {**BODY, "id": ID})
    cloud.take(window(1), window(3))
    [listed] = get(cloud, f"{ONE}/windows").json()["items"]
    assert listed == {
        "fleet": "north",
        "vehicle": "van-7",
        "campaign": ID,
        "id": WINDOW,
        "format": "samples/1",
        "started_at": "2026-11-21T08:00:01Z",
        "ended_at": "2026-11-21T08:00:04Z",
        "wanted_from": "2026-11-21T07:59:30Z",
        "wanted_to": "2026-11-21T08:01:00Z",
        "rows": 6,
        "size": sum(len(encode_samples(samples(part))) for part in (1, 3)),
        "parts": 2,
        "last": 3,
        "holes": 0,
        "is_complete": False,
        "clock": "synced",
        "heard_at": "2026-11-21T08:00:00Z",
    }
    assert get(cloud, f"{ONE}/windows?vehicle=van-8").json()["items"] == []
    whole = get(cloud, f"{ONE}/windows/van-7/{WINDOW}").json()
    assert (whole["missing"], [part["number"] for part in whole["part_list"]]) == ([[2, 2]], [1, 3])
    part, block = whole["part_list"][0], encode_samples(samples(1))
    assert (part["sha256"], part["size"], part["is_decodable"]) == (digest(block), len(block), True)
    table = get(cloud, f"{ONE}/windows/van-7/{WINDOW}/rows.csv")
    assert table.content.startswith(csv_table(columns_of(samples(1))))
    assert table.headers["content-disposition"] == f'attachment; filename="window-van-7-{WINDOW}.csv"'
    assert get(cloud, f"{ONE}/windows/van-7/{WINDOW}/parts/3").content == encode_samples(samples(3))
    parquet = get(cloud, f"{ONE}/windows/van-7/{WINDOW}/rows.parquet")
    assert parquet.headers["content-type"] == "application/vnd.apache.parquet"
    assert parquet.content[:4] == b"PAR1"
    refused = get(cloud, f"{ONE}/windows/van-7/{WINDOW}/rows.log")
    assert (refused.status_code, "samples are no frames" in refused.json()["detail"]) == (422, True)


def test_frames_come_as_a_candump_log(cloud: Cloud) -> None:
    post(cloud, {**BODY, "signals": [], "frames": [{"id": 0x101}], "id": ID})
    cloud.take(*(window(part, block=encode_frames(frames(part)), format=FRAMES) for part in (1, 2)))
    log = get(cloud, f"{ONE}/windows/van-7/{WINDOW}/rows.log")
    assert log.content == candump_log(frames(1)) + candump_log(frames(2))
    assert log.headers["content-type"] == "text/plain; charset=utf-8"
