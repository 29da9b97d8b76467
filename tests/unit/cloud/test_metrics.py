"""What Prometheus is told is what the service knows."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cloud.api.server import V1
from edge.wire.messages import AlertState
from tests.shared import ROOT
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.test_api import api_of, ask
from tests.unit.cloud.test_cloud_readme import rows
from tests.unit.cloud.vehicle import Speaker

VAN, BUS = Speaker(), Speaker("bus-1")
Samples = dict[tuple[str, tuple[str, ...]], float]


def scraped(text: str) -> Samples:
    """Value by name and labels' values."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_how_everything_stands(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.alert(1), 1), VAN.say(says.alert(2).model_copy(update={"rule": "coolant_low"}), 2))
    cloud.now += timedelta(minutes=4)
    cloud.take(BUS.say(says.alert(1), 1, received_at=cloud.now))
    cloud.take(BUS.say(says.alert(1, AlertState.RESOLVED), 2, received_at=cloud.now))
    app = api_of(cloud, {"broker": "away", "database": ""})
    told = scraped(ask(app, "/metrics").text)
    assert told["telltale_part_up", ("broker",)] == 0
    assert told["telltale_part_up", ("database",)] == 1
    assert (told["telltale_vehicles", ("online",)], told["telltale_vehicles", ("offline",)]) == (1, 1)
    assert [told["telltale_alerts_open", (severity,)] for severity in ("info", "warning", "critical")] == [0, 0, 2]
    assert told["telltale_incidents_open", ()] == 1
    assert told["telltale_counts_total", ("messages_new",)] == 4
    cloud.workflow.runner.round()
    assert scraped(ask(app, "/metrics").text)["telltale_cases_open", ("asked",)] == 1
    [online] = [vehicle for vehicle in ask(app, f"{V1}/vehicles").json()["items"] if vehicle["presence"] == "online"]
    assert online["vehicle"] == "bus-1"


def test_a_goodbye_is_offline_at_once(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.alert(1), 1))
    with cloud.database.transaction() as connection:
        cloud.fleet.record_presence(connection, VAN.address, cloud.now, online=False, retained=False)
    told = scraped(ask(api_of(cloud), "/metrics").text)
    assert (told["telltale_vehicles", ("online",)], told["telltale_vehicles", ("offline",)]) == (0, 1)


def test_requests_are_counted_by_route_never_by_what_somebody_made_up(cloud: Cloud) -> None:
    app = api_of(cloud)
    for vehicle in ("van-7", "van-8"):
        ask(app, f"{V1}/vehicles/north/{vehicle}")
    ask(app, f"{V1}/alerts", token=None)
    for path in ("/a", "/b", "/c"):
        ask(app, path)
    ask(app, f"{V1}/alerts", method="BREW")
    told = scraped(ask(app, "/metrics").text)
    requests = {labels: value for (name, labels), value in told.items() if name == "telltale_requests_total"}
    route = f"{V1}/vehicles/{{fleet}}/{{vehicle}}"
    assert requests["GET", route, "404"] == 2
    assert requests["GET", f"{V1}/alerts", "401"] == 1
    assert requests["GET", "none", "404"] == 3
    assert [value for (method, _, status), value in requests.items() if (method, status) == ("other", "405")] == [1]
    assert told["telltale_request_seconds_count", (route,)] == 2
    assert told["telltale_request_seconds_bucket", ("+Inf", route)] == 2


@pytest.mark.parametrize("token", [None, "another-token-of-some-length"])
def test_strangers_are_told_nothing(cloud: Cloud, token: str | None) -> None:
    answer = ask(api_of(cloud), "/metrics", token=token)
    assert answer.status_code == 401
    assert "telltale_vehicles" not in answer.text


def test_every_metric_is_described(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.alert(1), 1))
    app = api_of(cloud)
    ask(app, "/healthz")
    families = list(text_string_to_metric_families(ask(app, "/metrics").text))
    readme = (ROOT / "cloud" / "README.md").read_text()
    described = {
        cells[0].strip("`"): (cells[1].replace("`", "").replace(",", "").split(), cells[2])
        for cells in rows(readme, "metric | labels")
    }
    found = {
        family.name: (
            [label for label in family.samples[0].labels if label != "le"],
            family.documentation,
        )
        for family in families
        if not family.name.endswith("_created")
    }
    assert found == described
