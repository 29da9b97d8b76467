"""/chat over HTTP."""

from typing import Any

import pytest
from fastapi import FastAPI

from cloud.api.server import V1
from cloud.chat.model import TEXT_MAX
from cloud.security.principal import Grant
from cloud.security.roles import Role
from tests.unit.cloud.asking import break_down, work
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.test_api import api_of, ask

ABOUT = {"fleet": "north", "vehicle": "van-7"}


@pytest.fixture
def app(cloud: Cloud) -> FastAPI:
    break_down(cloud)
    return api_of(cloud)


def post(app: FastAPI, text: str, **more: Any) -> Any:
    answer = ask(app, f"{V1}/chat", method="POST", body={**ABOUT, "text": text, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_question_a_chart_and_a_yes(cloud: Cloud, app: FastAPI) -> None:
    first = post(app, "is everything ok with my car")
    assert (first["intent"], first["path"], first["pending"], first["chart"]) == ("standing", "offline", None, None)
    assert {one["tool"] for one in first["results"]} >= {"health", "alerts"}
    talk = {"conversation": first["conversation"]}
    chart = post(app, "show me the speed", **talk)["chart"]
    assert (chart["title"], chart["unit"], len(chart["points"])) == ("Speed", "km/h", 30)
    pending = post(app, "please fix it", **talk)["pending"]
    assert pending["deed"] == "answer_yes"
    assert "yes" in pending["question"]
    assert post(app, "yes", **talk)["text"].startswith("Your yes is noted")
    work(cloud)
    assert ask(app, f"{V1}/cases/1").json()["state"] == "offered"
    whole = ask(app, f"{V1}/chat/{first['conversation']}").json()
    assert (whole["by"], [turn["number"] for turn in whole["turns"]]) == ("bootstrap", [1, 2, 3, 4])
    assert whole["turns"][0]["text"] == first["text"]
    assert whole["turns"][1]["chart"] == chart


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({**ABOUT, "text": ""}, 422),
        ({**ABOUT, "text": "  \n"}, 422),
        ({**ABOUT, "text": "x\x00"}, 422),
        ({**ABOUT, "text": "x" * (TEXT_MAX + 1)}, 422),
        ({**ABOUT, "text": "hello", "by": "eve"}, 422),
        ({**ABOUT, "text": "hello", "conversation": "../x"}, 422),
        ({**ABOUT, "text": "hello", "conversation": "0" * 32}, 404),
        ({**ABOUT, "text": "hello", "vehicle": "van-99"}, 404),
        ({**ABOUT, "text": "hello", "vehicle": "no name"}, 404),
    ],
)
def test_what_cannot_be_asked_says_why(app: FastAPI, body: dict[str, Any], status: int) -> None:
    answer = ask(app, f"{V1}/chat", method="POST", body=body)
    assert (answer.status_code, bool(answer.json()["detail"])) == (status, True), answer.text


def test_of_another_fleet_nothing_is_told_not_even_that_it_is_there(cloud: Cloud, app: FastAPI) -> None:
    _, token = cloud.security.people.make_key("south", (Grant(Role.OWNER, "south"),), by="test")
    told = []
    for vehicle in ("van-7", "van-99"):
        body = {"fleet": "north", "vehicle": vehicle, "text": "is it all right"}
        answer = ask(app, f"{V1}/chat", method="POST", body=body, token=token)
        told.append((answer.status_code, answer.json()["detail"].replace(vehicle, "VAN")))
    assert told[0] == told[1]
    assert told[0][0] == 404
