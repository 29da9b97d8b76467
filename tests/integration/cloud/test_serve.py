"""The service as its operator meets it: starting, stopping, dying, refusing."""

import json
import re
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest

from cloud.cli import main
from edge.wire.envelope import StreamClass
from tests.brokers import Mosquitto, free_port, mosquitto_binary
from tests.integration.cloud.service import TOKEN, serving
from tests.integration.cloud.talker import Talker, by_seq, upto
from tests.programs import program
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.vehicle import Speaker

VAN = Speaker()
ALERTS = VAN.stream(StreamClass.ALERT)
EMBEDDED = ("--embedded-broker", "--broker-port", "0")

needs_mosquitto = pytest.mark.skipif(mosquitto_binary() is None, reason="mosquitto is not installed")


def test_what_comes_in_over_mqtt_goes_out_over_http_until_it_is_asked_to_end(tmp_path: Path) -> None:
    with serving(tmp_path, *EMBEDDED) as service:
        with Talker(service.broker, VAN.address) as van:
            van.say(VAN.say(says.alert(), 1), VAN.say(says.summary(), 1), VAN.say(says.health(), 2))
            van.wait_for(upto(ALERTS, 1), "an acknowledgement of the alert")
            van.wait_for(upto(VAN.stream(StreamClass.RECORD), 2), "an acknowledgement of the records")
            [alert] = service.get("/api/v1/alerts")["items"]
            twin = service.get("/api/v1/vehicles/north/van-7/twin")
        assert (alert["id"], alert["state"]) == (says.alert().id, "firing")
        assert twin["vehicle"]["presence"] == "online"
        assert twin["latest"]["signals"]["Vehicle.Speed"]["last"] == 48.0
        service.wait_until_ready()
        service.wait_for_case("asked")
        assert service.stop(signal.SIGTERM) == 0
        kept = ["serve.log", "telltale.db", "telltale.db.checkpoints", "telltale.db.key"]
        assert sorted(file.name for file in tmp_path.iterdir()) == kept
        assert "Traceback" not in service.log


def test_a_log_for_machines_is_json_from_the_first_line_to_the_last(tmp_path: Path) -> None:
    with serving(tmp_path, *EMBEDDED, "--log", "json") as service, Talker(service.broker, VAN.address) as van:
        van.say(VAN.say(says.alert(), 1))
        van.wait_for(upto(ALERTS, 1), "an acknowledgement")
        assert service.stop() == 0
        told = [json.loads(line) for line in service.log.splitlines()]
    [line] = [line for line in told if line["logger"] == "cloud.alerts.service"]
    assert (line["level"], line["correlation"]) == ("info", says.alert().id)


def test_the_keyboard_ends_it_too_while_somebody_is_connected(tmp_path: Path) -> None:
    with serving(tmp_path, *EMBEDDED) as service, Talker(service.broker, VAN.address) as van:
        van.say(VAN.say(says.alert(), 1))
        van.wait_for(upto(ALERTS, 1), "an acknowledgement")
        assert service.stop(signal.SIGINT) == 0
        assert "Traceback" not in service.log


@pytest.mark.parametrize("broker", ["embedded", pytest.param("mosquitto", marks=needs_mosquitto)])
def test_killed_at_any_moment_every_alert_is_there_once(tmp_path: Path, broker: str) -> None:
    """Killed in the middle of batches, also between a commit and its acknowledgement."""
    arrivals = by_seq(VAN.say(says.alert(n), n) for n in range(1, 241))
    folder = tmp_path / "broker"
    folder.mkdir()
    with Mosquitto(folder) as mosquitto:
        port = str(free_port())
        arguments = (
            ["--embedded-broker", "--broker-port", port] if broker == "embedded" else ["--broker", mosquitto.url]
        )
        with serving(tmp_path, *arguments) as service:
            for share in (80, 160):
                with Talker(service.broker, VAN.address) as van:
                    van.say_until_stored(ALERTS, {seq: arrivals[seq] for seq in range(1, share - 20)})
                    van.say(*(arrivals[seq] for seq in range(share - 20, share)))
                    service.kill()
                service.start()
            with Talker(service.broker, VAN.address) as van:
                van.say_until_stored(ALERTS, arrivals)
            assert service.stop() == 0
    with sqlite3.connect(tmp_path / "telltale.db") as connection:
        [(alerts, distinct)] = connection.execute("SELECT count(*), count(DISTINCT id) FROM alerts").fetchall()
        [(receipts,)] = connection.execute("SELECT count(*) FROM receipts").fetchall()
        [(lines,)] = connection.execute("SELECT count(*) FROM alert_timeline").fetchall()
    connection.close()
    assert (alerts, distinct, receipts, lines) == (240, 240, 240, 240)


def test_a_database_that_is_away_is_waited_for(tmp_path: Path) -> None:
    with serving(tmp_path, *EMBEDDED) as service, Talker(service.broker, VAN.address) as van:
        holder = sqlite3.connect(service.database, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        van.say(VAN.say(says.alert(1), 1))
        assert service.wait_until_not_ready("inbox") == "cannot store: database: database is locked"
        assert service.get("/api/v1/alerts")["items"] == [], "reading goes on"
        holder.execute("ROLLBACK")
        holder.close()
        van.say_until_stored(ALERTS, {1: VAN.say(says.alert(1), 1)})
        service.wait_until_ready()
        assert len(service.get("/api/v1/alerts")["items"]) == 1


def test_two_services_on_one_port(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    second = ["serve", "--token", TOKEN, "--database", f"sqlite:///{tmp_path}/second.db", "--embedded-broker"]
    with serving(tmp_path, *EMBEDDED) as service:
        api, broker = (url.rpartition(":")[2] for url in (service.api, service.broker))
        assert main([*second, "--port", api, "--broker-port", "0"]) == 78
        said = capsys.readouterr().err
        assert (
            said == f"telltale-cloud: api.port: port {api} is taken. Name another with --port; 0 takes any free one\n"
        )
        assert main([*second, "--port", "0", "--broker-port", broker]) == 78
        said = capsys.readouterr().err
        assert said.startswith(f"telltale-cloud: broker.port: port {broker} is taken. Name another with --broker-port")
        assert said.count("\n") == 1


def test_a_token_is_made_and_printed_once(tmp_path: Path) -> None:
    command = [program("telltale-cloud"), "serve", *EMBEDDED, "--port", "0", "--announce", str(tmp_path / "a.json")]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        line = service.stdout.readline()
        service.terminate()
        rest, err = service.communicate(timeout=30)
    assert re.fullmatch(r"API token, made for this run and not shown again: [\w-]{32}\n", line)
    assert (service.returncode, rest, line.split()[-1] in err) == (0, "", False)
