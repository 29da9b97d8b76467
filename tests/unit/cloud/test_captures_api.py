"""/captures: what there is, what is missing, and the frames as files."""

from typing import Final

import pytest

from cloud.api.server import V1
from cloud.blocks.candump import candump_log
from edge.wire.blocks import digest
from edge.wire.frame_block import encode_frames
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.test_api import Get, api_of, ask, problem
from tests.unit.cloud.test_captures import ID, RUNNING, TRIGGER, frames, said
from tests.unit.cloud.vehicle import Speaker

PATH: Final = f"/captures/north/van-7/{ID}"


@pytest.fixture
def get(cloud: Cloud) -> Get:
    app = api_of(cloud)
    return lambda path: ask(app, f"{V1}{path}")


def test_captures_of_a_vehicle_and_of_an_alert(cloud: Cloud, get: Get) -> None:
    cloud.take(said(1), said(2), said(3), said(1, 4, id="a" * 32, trigger="button"))
    cloud.take(said(1, speaker=Speaker("van-8")))
    assert [one["id"] for one in get("/captures?fleet=north&vehicle=van-7").json()["items"]] == ["a" * 32, ID]
    [found] = get(f"/captures?vehicle=van-7&trigger={TRIGGER}").json()["items"]
    assert found == {
        "fleet": "north",
        "vehicle": "van-7",
        "id": ID,
        "trigger": TRIGGER,
        "started_at": "2026-11-21T08:00:01Z",
        "ended_at": "2026-11-21T08:00:04Z",
        "wanted_from": "2026-11-21T07:59:30Z",
        "wanted_to": "2026-11-21T08:01:00Z",
        "frames": 9,
        "size": sum(len(encode_frames(frames(part))) for part in (1, 2, 3)),
        "parts": 3,
        "last": 3,
        "holes": 1,
        "is_complete": False,
        "clock": "synced",
        "heard_at": "2026-11-21T08:00:00Z",
    }
    first = get("/captures?limit=2").json()
    rest = get(f"/captures?limit=2&after={first['after']}").json()
    assert (len(first["items"]), len(rest["items"]), rest["after"]) == (2, 1, None)


def test_one_capture_says_what_it_lacks_and_what_ran(cloud: Cloud, get: Get) -> None:
    cloud.take(said(2), said(5, is_last=False), said(6, is_last=True))
    found = get(PATH).json()
    assert (found["missing"], found["last"], found["is_complete"], found["running"]) == ([[1, 1], [3, 4]], 6, False, {})
    cloud.take(said(1, 1))
    found = get(PATH).json()
    assert (found["missing"], found["running"]) == ([[3, 4]], RUNNING)
    assert [part["number"] for part in found["part_list"]] == [1, 2, 5, 6]
    part, block = found["part_list"][1], encode_frames(frames(2))
    told = (part["sha256"], part["size"], part["format"], part["is_decodable"])
    assert told == (digest(block), len(block), "frames/1", True)
    [hole] = part["holes"]
    assert (hole["cause"], hole["frames"], hole["started_at"]) == ("restarted", None, "2026-11-21T08:00:00Z")


def test_frames_come_as_files(cloud: Cloud, get: Get) -> None:
    cloud.take(said(2), said(1))
    log, table, block = get(f"{PATH}/frames.log"), get(f"{PATH}/frames.csv"), get(f"{PATH}/parts/2")
    assert log.content == candump_log(frames(1)) + candump_log(frames(2))
    assert log.headers["content-type"] == "text/plain; charset=utf-8"
    assert log.headers["content-disposition"] == f'attachment; filename="capture-van-7-{ID}.log"'
    assert table.text.splitlines()[0] == "time_ns,bus,id,flags,length,payload"
    assert len(table.text.splitlines()) == 7
    assert block.content == encode_frames(frames(2))
    assert block.headers["content-disposition"] == f'attachment; filename="capture-van-7-{ID}-2.block"'


def test_parts_that_cannot_be_read_are_left_out_only_where_that_is_asked_for(cloud: Cloud, get: Get) -> None:
    cloud.take(said(1), said(2, format="frames/9"))
    refused = problem(get(f"{PATH}/frames.csv"))
    assert (refused["status"], refused["type"]) == (422, "urn:telltale:problem:refused")
    assert "part 2: 'frames/9' is no known format of frames" in refused["detail"]
    assert get(f"{PATH}/frames.log?readable_only=true").content == candump_log(frames(1))
    assert [part["is_decodable"] for part in get(PATH).json()["part_list"]] == [True, False]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/captures/north/van-7/{'b' * 32}", 404),
        (f"/captures/north/van-7/{'b' * 32}/frames.log", 404),
        (f"{PATH}/parts/9", 404),
        (f"/captures/north/van-9/{ID}", 404),
        (f"{PATH}/frames.parquet", 422),
        (f"{PATH}/parts/0", 422),
        ("/captures/north/van-7/no-such-name", 422),
        ("/captures?after=nonsense", 422),
        (f"/captures?trigger={'x' * 201}", 422),
    ],
)
def test_what_is_not_there_is_a_problem_document(cloud: Cloud, get: Get, path: str, status: int) -> None:
    cloud.take(said(1))
    assert problem(get(path))["status"] == status
