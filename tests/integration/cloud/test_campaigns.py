"""A campaign from the API to the table of what was collected, over a real broker; the vehicle knows the wire alone."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from cloud.blocks.tables import columns_of, csv_table
from edge.detect.ed25519 import fits
from edge.detect.signature import PublicKey, read_public_key
from edge.wire.campaigns import Campaigns, read_campaigns
from edge.wire.downlink import Desired, decode_down
from edge.wire.messages import Body, CampaignReport, CampaignState, Refusal, Reported
from edge.wire.sample_block import encode_samples
from edge.wire.signed import DocumentKind, signed_text
from edge.wire.topics import Down
from tests.brokers import Mosquitto, mosquitto_binary
from tests.integration.cloud.service import TOKEN, Service, serving
from tests.programs import run
from tests.unit.cloud.collecting import WINDOW, samples, telemetry
from tests.unit.cloud.vehicle import Speaker, summary

pytestmark = pytest.mark.skipif(mosquitto_binary() is None, reason="mosquitto is not installed")
DEADLINE_S: Final = 20.0
PATH: Final = "/api/v1/fleets/north/campaigns"
UNHEARD: Final = "Vehicle.Chassis.SteeringWheel.Angle"


class Car:
    """A vehicle's end: takes documents that are signed for it and newer, and says what a test wants."""

    def __init__(self, url: str, speaker: Speaker, key: PublicKey) -> None:
        self._where = urlsplit(url)
        self._speaker, self._key = speaker, key
        self._changed = threading.Condition()
        self._is_there = False
        self._seq = 0
        self._version = 0
        self.taken: list[Campaigns] = []
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(speaker.address.down(Down.DESIRED), 1)
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def __enter__(self) -> Self:
        self._client.connect(self._where.hostname or "", self._where.port or 0)
        self._client.loop_start()
        self._wait(lambda: self._is_there)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, body: Body, *, block: bytes = b"", times: int = 1) -> None:
        self._seq += 1
        arrival = self._speaker.say(body, self._seq, observed_at=datetime.now(UTC), block=block)
        for _ in range(times):
            self._client.publish(arrival.topic, arrival.payload, 1).wait_for_publish(DEADLINE_S)

    def hears(self, *ids: str) -> Campaigns:
        """Wait until these are what it is to collect."""
        self._wait(lambda: bool(self.taken) and [one.id for one in self.taken[-1].campaigns] == list(ids))
        return self.taken[-1]

    def _wait(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, DEADLINE_S), self.taken

    def _on_subscribe(self, *_: Any) -> None:
        with self._changed:
            self._is_there = True
            self._changed.notify_all()

    def _on_message(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        desired = decode_down(Desired, bytes(message.payload))
        for signed in desired.signed:
            assert signed.kind is DocumentKind.CAMPAIGNS
            assert signed.key == self._key.id
            assert fits(self._key.content, bytes.fromhex(signed.signature), signed_text(signed.kind, signed.text))
            document = read_campaigns(signed.text)
            assert (document.fleet, document.vehicle) == (self._speaker.address.fleet, self._speaker.address.vehicle)
            with self._changed:
                if document.version > self._version:
                    self._version = document.version
                    self.taken.append(document)
                    self._changed.notify_all()


@pytest.fixture
def key(tmp_path: Path) -> PublicKey:
    """Of an authority that was just made."""
    (tmp_path / "authority").mkdir()
    made = run("telltale-cloud", "authority", "--out", tmp_path / "authority", "--passphrase-file", tmp_path / "word")
    assert made.status == 0, made.err
    return read_public_key(tmp_path / "authority" / "documents.pub.pem")


@pytest.fixture
def service(tmp_path: Path, key: PublicKey, broker: Mosquitto) -> Iterator[Service]:
    """A cloud that signs, at a broker where everybody is let in."""
    config = tmp_path / "cloud.toml"
    config.write_text(
        f'[broker]\nurl = "{broker.url}"\n'
        f'[provisioning]\nauthority = "{tmp_path / "authority"}"\npassphrase_file = "{tmp_path / "word"}"\n'
        'broker = "mqtts://broker.example:8883"\nstrangers = true\n'
    )
    with serving(tmp_path, "--config", str(config)) as running:
        running.wait_until_ready()
        yield running


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as mosquitto:
        yield mosquitto


def wish(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Fast",
        "signals": ["Vehicle.Speed"],
        "trigger": {"kind": "condition", "when": "Vehicle.Speed > 100 km/h"},
        "expires_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        **changes,
    }


def known(service: Service, vehicle: str, fleet: str = "north") -> None:
    """Wait until the cloud has heard a vehicle."""
    path = f"/api/v1/vehicles?fleet={fleet}"
    service.wait_until(lambda: vehicle in {one["vehicle"] for one in service.get(path)["items"]}, vehicle)


def test_a_campaign_from_the_api_to_what_was_collected(service: Service, broker: Mosquitto, key: PublicKey) -> None:
    speaker = Speaker()
    with Car(broker.url, speaker, key) as car, Car(broker.url, Speaker("van-7", "south"), key) as stranger:
        car.say(summary())
        stranger.say(summary())
        known(service, "van-7")
        known(service, "van-7", "south")
        first = service.post(PATH, **wish(vehicles=["van-7"], priority=9))["id"]
        second = service.post(PATH, **wish(signals=[UNHEARD]))["id"]
        document = car.hears(first, second)
        assert document.campaigns[0].signals == ["Vehicle.Speed"]

        why = f"signals.0: this vehicle does not send {UNHEARD}"
        car.say(
            Reported(
                desired_version=1,
                state={},
                refusals=[Refusal(field="signed.bundle", reason="its signature is not by a key that is known")],
                campaigns=[
                    CampaignReport(id=first, state=CampaignState.RUNNING, windows=1, bytes=900),
                    CampaignReport(id=second, state=CampaignState.REFUSED, reason=why),
                ],
            )
        )
        service.wait_until(lambda: service.get(f"{PATH}/{second}")["standings"] == {"refused": 1}, "the refusal")
        assert service.get(f"{PATH}/{first}")["standings"] == {"running": 1}
        [stands] = service.get(f"{PATH}/{second}/vehicles")["items"]
        assert (stands["vehicle"], stands["reason"]) == ("van-7", why)
        for action, told in (
            ("campaign_refused", f"campaign {second}: {why}"),
            ("document_refused", "signed.bundle: "),
        ):
            [line] = service.get(f"/api/v1/audit?action={action}")["items"]
            assert (line["by"], line["note"].startswith(told)) == ("north/van-7", True)

        blocks = {part: encode_samples(samples(part)) for part in (1, 2)}
        for part in (2, 1):
            body = telemetry(part, blocks[part], first, is_last=part == 2)
            car.say(body, block=blocks[part], times=2)
        service.wait_until(
            lambda: [one["is_complete"] for one in service.get(f"{PATH}/{first}/windows")["items"]] == [True],
            "the window",
        )
        assert (
            taken(service, f"{PATH}/{first}/windows/van-7/{WINDOW}/rows.csv")
            == csv_table(columns_of(samples(1))) + csv_table(columns_of(samples(2))).partition(b"\n")[2]
        )

        service.post(f"{PATH}/{first}/end")
        car.hears(second)
        service.post(f"{PATH}/{second}/end")
        car.hears()
        assert stranger.taken == []


def taken(service: Service, path: str) -> bytes:
    answer = httpx.get(f"{service.api}{path}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=DEADLINE_S)
    assert answer.status_code == 200, answer.text
    return answer.content


def test_who_comes_later_is_asked_too_also_after_the_cloud_was_killed(
    service: Service, broker: Mosquitto, key: PublicKey
) -> None:
    made = service.post(PATH, **wish())["id"]
    with Car(broker.url, Speaker("van-8"), key) as car:
        car.say(summary())
        document = car.hears(made)
    service.kill()
    with Car(broker.url, Speaker("van-9"), key) as late:
        late.say(summary())
        service.start()
        service.wait_until_ready()
        late.say(summary(2))
        late.hears(made)
        assert service.get(f"{PATH}/{made}")["standings"] == {"asked": 2}
    with Car(broker.url, Speaker("van-8"), key) as car:
        assert car.hears(made) == document, "what is in force is not signed anew"
