"""/contacts and /deliveries: what may be written, what is shown of secrets, what can be seen of each delivery."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from cloud.api.server import V1
from cloud.notify.contacts import ContactService
from cloud.notify.push import readable
from cloud.pages import Window
from edge.wire.messages import Severity
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.telling import ADA, BOB, fail, notice, post, send
from tests.unit.cloud.test_api import api_of, ask, problem
from tests.unit.cloud.test_metrics import scraped

WISH: dict[str, Any] = {"person": "ada@example.org", "channel": "mailto:ada@example.org"}
QUIET = {"from_at": "22:00", "until_at": "07:00", "zone": "Europe/Berlin"}
Ask = Callable[..., httpx.Response]


@pytest.fixture
def api(cloud: Cloud) -> Ask:
    app = api_of(cloud)

    def call(path: str, body: object = None, method: str = "GET") -> httpx.Response:
        return ask(app, f"{V1}{path}", method=method, body=body)

    return call


def put(api: Ask, contact: str = "ada", **changes: Any) -> httpx.Response:
    return api(f"/contacts/north/{contact}", {**WISH, **changes}, "PUT")


def test_a_contact_comes_is_changed_and_goes(api: Ask) -> None:
    made = put(api, quiet=QUIET, critical_always=True).json()
    assert made == {
        "fleet": "north",
        "id": "ada",
        "person": "ada@example.org",
        "channel": "mailto:ada@example.org",
        "quiet": {"from_at": "22:00:00", "until_at": "07:00:00", "zone": "Europe/Berlin"},
        "critical_always": True,
        "severity_min": "warning",
        "rank": 0,
        "enabled": True,
    }
    assert put(api, rank=3).json()["quiet"] is None
    assert api("/contacts/north/ada").json()["rank"] == 3
    assert api("/contacts/north/ada", method="DELETE").json()["rank"] == 3
    for method in ("GET", "DELETE"):
        assert problem(api("/contacts/north/ada", method=method))["status"] == 404
    assert problem(api("/contacts/north/ada/test", method="POST"))["detail"] == "fleet 'north' has no contact 'ada'"


@pytest.mark.parametrize(
    ("channel", "shown"),
    [
        ("https://ada:secret@hooks.example.org:8443/secret?token=secret", "https://hooks.example.org:8443/…"),
        ("tgram://123456789:secret-of-a-bot/12315544/", "tgram://…"),
        ("mailto:ada@example.org", "mailto:ada@example.org"),
    ],
)
def test_secrets_go_in_and_do_not_come_out(api: Ask, cloud: Cloud, channel: str, shown: str) -> None:
    answer = put(api, channel=channel)
    assert answer.json()["channel"] == shown
    assert "secret" not in answer.text + api("/contacts").text
    assert put(api, channel=None, rank=1).json()["channel"] == shown
    assert cloud.contacts.contact("north", "ada").channel == channel, "left out, it stays"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"channel": "file:///etc/passwd"}, "'file' is no channel that is allowed here"),
        ({"channel": "syslog://"}, "allowed are discord, gotifys, https, mailto"),
        ({"channel": "mailto:Ada <ada@example.org>"}, "without spaces"),
        ({"channel": "mailto:ada"}, "mailto:name@example.org"),
        ({"channel": "mailto:ada@example.org?bcc=eve@example.org"}, "mailto:name@example.org"),
        ({"channel": "https://"}, "a webhook is written https://host"),
        ({"channel": "https://x:99999/"}, "no address of a webhook"),
        ({"channel": "slack://x/y?template=/etc/passwd"}, "without options"),
        ({"channel": "tgram://"}, "as apprise wants it"),
        ({"channel": "tgram://nonsense"}, "apprise cannot read this address"),
        ({"channel": ""}, "at least 1"),
        ({"channel": "https://x/" + "y" * 1000}, "1000"),
        ({"channel": None}, "a new contact needs one"),
        ({"quiet": {**QUIET, "until_at": "22:00"}}, "quiet hours end when they begin"),
        ({"quiet": {**QUIET, "zone": "Mars/Olympus"}}, "no time zone of the IANA database"),
        ({"quiet": {**QUIET, "from_at": "22:00:30"}}, "to the minute"),
        ({"rank": 100}, "less than or equal to 99"),
        ({"person": ""}, "at least 1 character"),
        ({"nonsense": 1}, "Extra inputs"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(api: Ask, changes: dict[str, Any], says: str) -> None:
    refused = put(api, **changes)
    assert refused.status_code == 422
    assert says in problem(refused)["detail"]
    assert "passwd" not in refused.text, "what was written may be a secret"


def test_a_name_must_be_one(api: Ask) -> None:
    assert problem(put(api, "a b"))["status"] == 422
    assert problem(api("/contacts/no_fleet!/ada", WISH, "PUT"))["status"] == 422


def test_without_a_mail_server_there_are_no_mails_and_only_the_open_net_is_reached(cloud: Cloud) -> None:
    cloud.contacts = ContactService(
        cloud.database, cloud.security.audit, has_mail=False, private=False, can_push=readable
    )
    app = api_of(cloud)
    for channel, says in (
        ("mailto:ada@example.org", "set smtp_url under [notify]"),
        ("http://hooks.example.org/x", "allowed with webhook_private"),
        ("gotify://hooks.example.org/x", "allowed with webhook_private"),
    ):
        refused = ask(app, f"{V1}/contacts/north/ada", method="PUT", body={**WISH, "channel": channel})
        assert says in problem(refused)["detail"]


def test_contacts_are_listed_by_fleet_and_name(api: Ask, cloud: Cloud) -> None:
    for fleet in ("south", "north"):
        for contact in (BOB, ADA):
            cloud.contacts.put(replace(contact, fleet=fleet), by="ada")
    first = api("/contacts?limit=3").json()
    rest = api(f"/contacts?limit=3&after={first['after']}").json()
    listed = [(one["fleet"], one["id"]) for one in first["items"] + rest["items"]]
    assert listed == [("north", "ada"), ("north", "bob"), ("south", "ada"), ("south", "bob")]
    assert rest["after"] is None
    assert [one["fleet"] for one in api("/contacts?fleet=south").json()["items"]] == ["south", "south"]
    only = cloud.contacts.contacts(Window(), within=frozenset({"north"})).items
    assert {one.fleet for one in only} == {"north"}


def test_a_person_sees_what_became_of_each_delivery(api: Ask, cloud: Cloud) -> None:
    cloud.contacts.put(ADA, by="ada")
    cloud.contacts.put(BOB, by="ada")
    post(cloud, notice(1), notice(2, vehicle=None, fleet="north", severity=Severity.CRITICAL))
    fail(cloud, "the mail server says 451 later")
    listed = api("/deliveries").json()["items"]
    assert [(one["contact"], one["state"]) for one in listed] == [
        ("bob", "waiting"), ("ada", "retrying"), ("bob", "waiting"), ("ada", "retrying")
    ]  # fmt: skip
    assert listed[1]["why"] == listed[1]["attempts"][0]["why"] == "the mail server says 451 later"
    assert listed[1]["vehicle"] is None
    assert [one["id"] for one in api("/deliveries?state=retrying&vehicle=van-7").json()["items"]] == [listed[3]["id"]]
    assert api("/deliveries?fleet=south").json()["items"] == []
    first = api("/deliveries?limit=1").json()
    assert api(f"/deliveries?limit=1&after={first['after']}").json()["items"] == [listed[1]]
    assert problem(api("/deliveries?state=lost"))["status"] == 422


def test_a_test_is_on_its_way_at_once(api: Ask, cloud: Cloud) -> None:
    put(api)
    answer = api("/contacts/north/ada/test", method="POST")
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    assert api("/contacts/north/ada/test", method="POST").json()["id"] != answer.json()["id"]
    assert send(cloud) == ["ada", "ada"]
    put(api, enabled=False)
    assert problem(api("/contacts/north/ada/test", method="POST"))["status"] == 409


def test_prometheus_is_told_how_many_are_in_each_state(cloud: Cloud) -> None:
    cloud.contacts.put(ADA, by="ada")
    cloud.contacts.put(BOB, by="ada")
    post(cloud, notice(1))
    send(cloud)
    cloud.now += timedelta(minutes=1)
    told = scraped(ask(api_of(cloud), "/metrics").text)
    assert told["telltale_deliveries", ("sent",)] == told["telltale_deliveries", ("waiting",)] == 1
    assert told["telltale_deliveries", ("failed",)] == 0
