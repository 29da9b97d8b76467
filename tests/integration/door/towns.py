"""All of it as processes: authority, mosquitto with certificates, the cloud, the helper, and boxes that enrol."""

import getpass
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cloud.fleet.provisioning.authority import Authority
from edge.enrolment.identity import FILE
from tests.brokers import free_port, mosquitto_binary
from tests.integration.cloud.service import Service
from tests.programs import program, run

DEADLINE_S: Final = 30.0


@dataclass
class Town:
    """Where everything is, and what runs."""

    folder: Path
    port: int
    helper_port: int
    service: Service
    helper_key: str = ""
    mosquitto: "subprocess.Popen[bytes] | None" = None
    helper: "subprocess.Popen[bytes] | None" = None
    children: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    @property
    def broker(self) -> Path:
        return self.folder / "broker"

    @property
    def config(self) -> Path:
        return self.folder / "cloud.toml"

    def authority(self) -> Authority:
        """The real one, with its key: for certificates that nobody would be given."""
        return Authority.load(self.folder / "authority", (self.folder / "passphrase").read_text().strip())

    def cloud(self, *arguments: str) -> str:
        """`telltale-cloud vehicle …` beside the running service."""
        database = f"sqlite:///{self.service.database}"
        done = run("telltale-cloud", "vehicle", *arguments, "--config", self.config, "--database", database)
        assert done.status == 0, done.err
        return done.out

    def code(self, fleet: str, vehicle: str, action: str = "add") -> str:
        """A code, as it is printed."""
        out = self.cloud(action, vehicle, "--fleet", fleet, "--cloud", self.service.api)
        return out.split("--code ")[1].strip()

    def enrol(self, fleet: str, vehicle: str, action: str = "add", name: str = "") -> Path:
        """A box that is this vehicle: its state folder."""
        state = self.folder / (name or f"{fleet}-{vehicle}")
        state.mkdir()
        code = self.code(fleet, vehicle, action)
        done = run("telltale-edge", "enrol", "--cloud", self.service.api, "--code", code, "--state", state)
        assert done.status == 0, done.err
        return state

    def audit(self, action: str) -> list[dict[str, Any]]:
        """What stands there of this kind, the newest first."""
        items: list[dict[str, Any]] = self.service.get(f"/api/v1/audit?limit=500&action={action}")["items"]
        return items

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Other processes are waited for, so there is nothing to be notified by."""
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            for child in self.children:
                assert child.poll() is None, f"{child.args!r} ended"
            assert time.monotonic() < deadline, f"{what} did not come; {self.service.log[-2000:]}"
            time.sleep(0.02)

    def wait_for_line(self, action: str, **fields: str) -> dict[str, Any]:
        """Wait for a line in the audit."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            lines = self.audit(action)
            found[:] = [line for line in lines if all(part in (line[name] or "") for name, part in fields.items())]
            return bool(found)

        self.wait_until(look, f"{action} {fields} in the audit")
        return found[0]

    def start_mosquitto(self) -> None:
        binary = mosquitto_binary()
        assert binary is not None
        (self.broker / "broker.pid").unlink(missing_ok=True)
        self.mosquitto = self._start([binary, "-c", str(self.broker / "mosquitto.conf")], "mosquitto.out")
        self.wait_until((self.broker / "broker.pid").exists, "mosquitto")

    def start_helper(self) -> None:
        command = [
            program("telltale-cloud"),
            "broker-helper",
            "--folder",
            str(self.broker),
            "--cloud",
            self.service.api,
        ]
        command += ["--key-file", self.helper_key, "--helper-port", str(self.helper_port)]
        self.helper = self._start(command, "helper.out")

    def helper_is_in_step(self) -> bool:
        """Whether mosquitto has read what the helper has written."""
        file = self.broker / "helper.json"
        return file.exists() and json.loads(file.read_text())["owes_reload"] is False

    def end(self, child: "subprocess.Popen[bytes] | None") -> None:
        assert child is not None
        child.terminate()
        child.wait(DEADLINE_S)
        self.children.remove(child)

    def _start(self, command: list[str], log: str) -> "subprocess.Popen[bytes]":
        with (self.folder / log).open("ab") as out:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.children.append(child)
        return child


@contextmanager
def town(folder: Path) -> Iterator[Town]:
    """A town that runs, with its helper having had its first round."""
    port, helper_port = free_port(), free_port()
    (folder / "authority").mkdir()
    (folder / "broker").mkdir()
    passphrase = folder / "passphrase"
    made = run("telltale-cloud", "authority", "--out", folder / "authority", "--passphrase-file", passphrase)
    assert made.status == 0, made.err
    options: list[str | Path] = [
        "--authority",
        folder / "authority",
        "--passphrase-file",
        passphrase,
        "--user",
        getpass.getuser(),
    ]
    options += ["--name", "localhost", "--name", "127.0.0.1", "--host", "127.0.0.1"]
    options += ["--port", str(port), "--helper-port", str(helper_port)]
    made = run("telltale-cloud", "broker-config", "mosquitto", "--out", folder / "broker", *options)
    assert made.status == 0, made.err
    (folder / "cloud.toml").write_text(
        "[broker]\n"
        f'url = "mqtts://localhost:{port}"\n'
        f'ca_file = "{folder}/broker/authority.pem"\n'
        f'certificate_file = "{folder}/broker/cloud.pem"\n'
        "[provisioning]\n"
        f'authority = "{folder}/authority"\n'
        f'passphrase_file = "{passphrase}"\n'
        f'broker = "mqtts://localhost:{port}"\n'
    )
    service = Service(folder, "--config", str(folder / "cloud.toml"))
    here = Town(folder, port, helper_port, service)
    try:
        here.start_mosquitto()
        service.start()
        service.wait_until_ready()
        key = service.post(
            "/api/v1/keys", name="helper", grants=[{"role": "admin", "fleet": None}], only=["keep_broker"]
        )
        here.helper_key = str(folder / "helper.key")
        Path(here.helper_key).write_text(key["token"])
        here.start_helper()
        here.wait_until(here.helper_is_in_step, "the helper's first round")
        yield here
    finally:
        for child in here.children:
            child.kill()
            child.wait(DEADLINE_S)
        if service._running is not None and service._running.poll() is None:
            service.kill()


def identity_of(state: Path) -> dict[str, str]:
    """What stands in the head of an identity."""
    told: dict[str, str] = json.loads((state / FILE).read_text().splitlines()[1])
    return told
