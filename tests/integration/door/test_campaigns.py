"""Campaigns from the cloud's API to what was collected, through a broker with certificates and an enrolled box."""

import csv
import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from edge.wire.downlink import Desired, encode_down
from edge.wire.signed import Signed
from edge.wire.topics import Address, Down
from tests.integration.cloud.service import TOKEN
from tests.integration.door.test_door import listening
from tests.integration.door.towns import Town
from tests.programs import program

CAMPAIGNS: Final = "/api/v1/fleets/north/campaigns"
SPEED: Final = "Vehicle.Speed"
TURNS: Final = "Vehicle.Powertrain.CombustionEngine.Speed"
MOVES: Final = {"kind": "condition", "when": f"{SPEED} > 20 km/h"}
CONFIG: Final = """
profile = "telltale-car"
[[bus]]
source = "sim:car?seed=7"
speed = 10.0
[state]
directory = "{state}"
[cab]
voice = "none"
"""


@contextmanager
def driven(here: Town, state: Path, name: str) -> Iterator[None]:
    """The daemon of a box, beside a simulated car at ten times its speed."""
    config = here.folder / f"{name}.toml"
    config.write_text(CONFIG.format(state=state))
    child = here._start([program("telltale-edge"), "run", "--config", str(config)], f"{name}.out")
    try:
        yield
    finally:
        here.end(child)


def ask(here: Town, **wish: Any) -> dict[str, Any]:
    said = {"expires_at": (datetime.now(UTC) + timedelta(days=30)).isoformat(), **wish}
    made: dict[str, Any] = here.service.post(CAMPAIGNS, **said)
    return made


def standing(here: Town, campaign: dict[str, Any]) -> dict[str, Any]:
    [one] = here.service.get(f"{CAMPAIGNS}/{campaign['id']}/vehicles")["items"]
    assert isinstance(one, dict)
    return one


def windows(here: Town, campaign: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = here.service.get(f"{CAMPAIGNS}/{campaign['id']}/windows")["items"]
    return [one for one in found if one["last"] is not None]


def downloaded(here: Town, window: dict[str, Any], ending: str) -> str:
    path = f"{CAMPAIGNS}/{window['campaign']}/windows/{window['vehicle']}/{window['id']}"
    answer = httpx.get(
        f"{here.service.api}{path}/rows.{ending}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30
    )
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.timeout(240)
def test_what_is_asked_at_the_api_is_collected_by_the_box_within_its_bytes(here: Town) -> None:
    state = here.enrol("north", "car-30")
    with driven(here, state, "car-30"):
        here.wait_until(
            lambda: here.service.get("/api/v1/vehicles/north/car-30").get("presence") == "online", "the car"
        )
        moving = ask(
            here, name="moving off", vehicles=["car-30"], signals=[SPEED, TURNS], trigger=MOVES, before_s=5, after_s=5,
            rate_hz=4,
        )  # fmt: skip
        raw = ask(
            here, name="wheels, raw", vehicles=["car-30"], frames=[{"id": 0xA8}], trigger=MOVES, before_s=2, after_s=2
        )
        lacking = ask(
            here, name="charging", vehicles=["car-30"], trigger={"kind": "time", "every_s": 60}, after_s=5,
            signals=["Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"],
        )  # fmt: skip
        frugal = ask(
            here, name="speed, always", vehicles=["car-30"], signals=[SPEED], trigger={"kind": "time", "every_s": 10},
            after_s=10, bytes_a_day=2000,
        )  # fmt: skip
        here.wait_until(lambda: windows(here, moving), "a window of the condition")
        here.wait_until(lambda: windows(here, raw), "a window of raw frames")
        here.wait_until(lambda: standing(here, lacking)["standing"] == "refused", "the refusal")
        here.wait_until(lambda: standing(here, frugal)["standing"] == "spent", "the end of the bytes")

        window = windows(here, moving)[-1]
        rows = list(csv.DictReader(io.StringIO(downloaded(here, window, "csv"))))
        assert {row["signal"] for row in rows} == {SPEED, TURNS}
        speeds = [(int(row["time_ns"]) / 1e9, float(row["value"])) for row in rows if row["signal"] == SPEED]
        moment = datetime.fromisoformat(window["wanted_from"]).timestamp() + 5.0
        assert all(value <= 20 for at, value in speeds if at < moment - 0.2)
        assert max(value for at, value in speeds if at > moment) > 20
        assert len(speeds) <= 41, "four in a second, for ten seconds"
        assert window["is_complete"]

        log = downloaded(here, windows(here, raw)[-1], "log").splitlines()
        assert len(log) > 10
        assert {line.split()[2].split("#")[0] for line in log} == {"0A8"}

        refused = standing(here, lacking)
        assert "this vehicle does not send Vehicle.Powertrain.TractionBattery" in refused["reason"]
        here.wait_for_line("campaign_refused", subject="car-30")
        sizes = [one["size"] for one in here.service.get(f"{CAMPAIGNS}/{frugal['id']}/windows")["items"]]
        assert 0 < sum(sizes) <= 2000
        assert standing(here, frugal)["bytes"] <= 2000

        here.service.post(f"{CAMPAIGNS}/{moving['id']}/end")
    with driven(here, state, "car-30"):  # campaigns outlive a restart
        here.wait_until(lambda: len(windows(here, raw)) > 1, "a window after a restart")
        assert standing(here, frugal)["standing"] == "spent"


def desired_of(here: Town, vehicle: str) -> Desired:
    """What the cloud wants of a vehicle; the broker shows it to that vehicle alone."""
    with closing(sqlite3.connect(here.service.database)) as db:
        query = "SELECT version, signed FROM desired WHERE fleet = 'north' AND vehicle = ?"
        version, signed = db.execute(query, (vehicle,)).fetchone()
    return Desired(
        version=version, state={}, signed=[Signed.model_validate(one) for one in json.loads(signed).values()]
    )


@pytest.mark.timeout(240)
def test_what_is_altered_unsigned_or_old_is_refused_and_stands_in_the_audit(here: Town) -> None:
    """Somebody has the cloud's own certificate, and so may write to vehicles; he has not the key for documents."""
    state = here.enrol("north", "car-31")
    address = Address("north", "car-31")
    with driven(here, state, "car-31"):
        here.wait_until(
            lambda: here.service.get("/api/v1/vehicles/north/car-31").get("presence") == "online", "the car"
        )
        first = ask(here, name="first", vehicles=["car-31"], signals=[SPEED], trigger=MOVES)
        here.wait_until(lambda: standing(here, first)["standing"] == "running", "the first campaign")
        old = desired_of(here, "car-31")
        second = ask(here, name="second", vehicles=["car-31"], signals=[TURNS], trigger=MOVES)
        here.wait_until(lambda: standing(here, second)["standing"] == "running", "the second campaign")
        [document] = old.signed
        told = json.loads(document.text)
        altered = json.dumps({**told, "version": told["version"] + 10_000})
        forgeries = {
            "altered, or forged": document.model_copy(update={"text": altered}),
            "is not newer than": document,
        }
        for number, (why, forged) in enumerate(forgeries.items()):
            with listening(here) as forger:
                said = Desired(version=old.version + 10 + number, state={}, signed=[forged])
                forger.say(address.down(Down.DESIRED), encode_down(said))
            line = here.wait_for_line("document_refused", subject="car-31", note=why)
            assert "signed.campaigns" in json.dumps(line)
        assert standing(here, second)["standing"] == "running", "what was in force is"
