"""/cases and /work-orders: what people see and do on the way from an incident to a repair."""

from typing import Any

import pytest

from cloud.api.server import V1
from cloud.workflow.model import MEANINGS
from tests.shared import ROOT
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.test_api import api_of, ask
from tests.unit.cloud.test_cloud_readme import rows
from tests.unit.cloud.vehicle import Speaker
from tests.unit.cloud.workshop import MONDAY, centre


class Desk:
    """Somebody at the API, while the agents do what they can after each request."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._app = api_of(cloud)

    def get(self, path: str) -> Any:
        return ask(self._app, f"{V1}{path}").json()

    def post(self, path: str, **body: Any) -> tuple[int, Any]:
        answer = ask(self._app, f"{V1}{path}", method="POST", body=body)
        while self.cloud.workflow.runner.round():
            pass
        return answer.status_code, answer.json()


@pytest.fixture
def desk(cloud: Cloud) -> Desk:
    cloud.now = MONDAY
    cloud.scheduling.put_centre(centre(), by="ada")
    cloud.take(Speaker().say(says.alert(1), 1))
    while cloud.workflow.runner.round():
        pass
    return Desk(cloud)


def test_the_whole_way_over_http(desk: Desk) -> None:
    [case] = desk.get("/cases?open=true")["items"]
    assert (case["state"], case["way_on"], case["diagnosis"]["verdict"]) == ("asked", "answer; close", None)
    assert desk.post("/cases/1/answer", answer="yes", sequence=case["sequence"])[0] == 200
    case = desk.get("/cases/1")
    assert (case["state"], case["answered_by"], len(case["offers"])) == ("offered", "bootstrap", 3)
    assert desk.post("/cases/1/choice", offer=1, sequence=case["sequence"])[0] == 200
    case = desk.get("/cases/1")
    assert (case["state"], case["work_order"]) == ("booked", 1)
    assert desk.get(f"/bookings/{case['booking']}")["slot"] == case["offers"][1]["slot"]
    assert desk.post("/work-orders/1/start", sequence=0)[0] == 200
    status, order = desk.post(
        "/work-orders/1/complete", sequence=1, outcome="repaired", findings=["A hose leaks"], found_cause="hose_leak"
    )
    assert (status, order["state"], order["label"]) == (200, "done", "no_verdict")
    case = desk.get("/cases/1")
    assert (case["state"], case["ended_at"] is None) == ("repaired", False)
    assert [step["by"] for step in case["steps"]][:3] == ["workflow", "agent/data", "agent/diagnosis"]
    assert desk.get("/work-orders/labels") == {
        "labels": [{"diagnosed_cause": None, "label": "no_verdict", "orders": 1}]
    }
    assert desk.get("/work-orders?state=done")["items"] == [order]
    assert desk.get("/incidents/1")["closed_at"] is not None
    assert desk.get("/audit?by=agent/scheduling")["items"][0]["action"] == "case_booked"


def test_two_people_at_once(desk: Desk) -> None:
    sequence = desk.get("/cases/1")["sequence"]
    assert desk.post("/cases/1/answer", answer="no", sequence=sequence)[0] == 200
    status, problem = desk.post("/cases/1/answer", answer="yes", sequence=sequence)
    assert (status, problem["type"]) == (409, "urn:telltale:problem:conflict")
    assert desk.get("/cases/1")["state"] == "declined"
    assert desk.post("/cases/1/close", note="sold")[1]["state"] == "closed"
    assert desk.post("/cases/1/retry")[0] == 200
    assert desk.get("/cases/1")["state"] == "asked"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/cases/1/answer", {"answer": "perhaps"}, 422),
        ("/cases/1/answer", {"answer": "yes", "by": "somebody else"}, 422),
        ("/cases/1/choice", {"offer": 0, "sequence": 4}, 409),
        ("/cases/2/answer", {"answer": "yes"}, 404),
        ("/cases/1/retry", {}, 409),
        ("/work-orders/1/start", {"sequence": 0}, 404),
    ],
)
def test_what_cannot_be_done_says_why(desk: Desk, path: str, body: dict[str, Any], status: int) -> None:
    told, problem = desk.post(path, **body)
    assert (told, bool(problem["detail"])) == (status, True)


def test_the_states_in_the_readme_are_the_code_s() -> None:
    readme = (ROOT / "cloud" / "workflow" / "README.md").read_text()
    described = {cells[0].strip("`"): (cells[1], cells[2]) for cells in rows(readme, "state | means")}
    assert described == {state.value: told for state, told in MEANINGS.items()}
