"""What a day costs at the network interface, with TLS and keep-alives: `sudo python -m tests.study.day_on_the_wire`.

A day of the simulated vehicle is lived, and what waits in its outbox is sent message by message to a real broker, each
acknowledged before the next, as on the road. The vehicle is in a network namespace of its own, TLS on both sides, and
the bytes are those of its interface, both ways, with all heads (Ethernet's too). What follows is a parked day with the
box on, in which each second counts for sixty: signs of life, the kernel's probes and MQTT's keep-alive come as often as
in the day. Needs root, ip and openssl.
"""

import argparse
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from edge.cli import main as edge
from edge.link import Broker, Pace
from edge.outbox import Outbox, Posting
from edge.wire.codec import decode
from edge.wire.messages import Health
from edge.wire.topics import Address, Kind
from tests.brokers import Mosquitto, free_port
from tests.integration.link.acker import Acker
from tests.integration.link.running import BRISK, RunningLink
from tests.study.bytes_a_day import CONFIG, DAY_S
from tests.unit.outbox.postings import open_outbox

OURS: Final = "10.213.77.1"
THEIRS: Final = "10.213.77.2"
LINE: Final = "tt-day"
SPACE: Final = "telltale-day"
FASTER: Final = 60
"""The parked day."""
PARKED_EVERY_S: Final = 10_800.0
"""As configured if nobody says anything else."""


def main() -> int:
    """Live, send, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vehicle", default="car")
    parser.add_argument("--cycle", default="commute")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--sessions", type=int, default=3, help="of the day: trips, between which the box is off")
    parser.add_argument("--child", nargs=3, metavar=("FOLDER", "PORT", "VEHICLE"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        return send(Path(asked.child[0]), int(asked.child[1]), asked.child[2], asked.sessions)
    with TemporaryDirectory() as name:
        folder = Path(name)
        live(folder, asked.vehicle, asked.cycle, asked.seed)
        make_keys(folder)
        (folder / "broker").mkdir()
        port = free_port()
        lines = [f"listener {port} {OURS}", f"cafile {folder}/ca.pem", f"certfile {folder}/broker.pem"]
        lines += [f"keyfile {folder}/broker.key", "require_certificate true", "use_identity_as_username true", ""]
        with namespace(), Mosquitto(folder / "broker", extra="\n".join(lines)) as broker, Acker(broker.port):
            child = [sys.executable, "-m", "tests.study.day_on_the_wire", "--sessions", str(asked.sessions)]
            child += ["--child", str(folder), str(port), asked.vehicle]
            return subprocess.run(["ip", "netns", "exec", SPACE, *child], check=False).returncode


def live(folder: Path, vehicle: str, cycle: str, seed: str) -> None:
    """A day, into `outbox.db`."""
    log, config = folder / "day.log", folder / "edge.toml"
    config.write_text(CONFIG.format(vehicle=vehicle, folder=folder))
    wanted = ["--vehicle", vehicle, "--cycle", cycle, "--seed", seed, "--duration", str(DAY_S)]
    if edge(["simulate", *wanted, "--out", str(log)]) or edge(["run", "--config", str(config)]):
        raise ValueError(f"{vehicle} cannot be simulated or run")


def make_keys(folder: Path) -> None:
    """An authority, and what it says of the broker and of the vehicle."""

    def openssl(command: str) -> None:
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)

    openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem")
    for name, extension in (("broker", f"subjectAltName=IP:{OURS}"), ("car-1", "extendedKeyUsage=clientAuth")):
        (folder / f"{name}.cnf").write_text(extension)
        openssl(f"req -newkey rsa:2048 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr")
        signing = f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
        openssl(f"{signing} -extfile {name}.cnf -out {name}.pem")


@contextmanager
def namespace() -> Iterator[None]:
    """The vehicle's network: one line to the broker's side."""
    for command in (
        f"ip netns add {SPACE}",
        f"ip link add {LINE} type veth peer name {LINE}-car netns {SPACE}",
        f"ip addr add {OURS}/30 dev {LINE}",
        f"ip link set {LINE} up",
        f"ip -n {SPACE} addr add {THEIRS}/30 dev {LINE}-car",
        f"ip -n {SPACE} link set {LINE}-car up",
    ):
        subprocess.run(command.split(), check=True)
    try:
        yield
    finally:
        subprocess.run(["ip", "netns", "del", SPACE], check=False)


def on_the_line() -> int:
    """Bytes of the interface so far, both ways."""
    counts = Path(f"/sys/class/net/{LINE}-car/statistics")
    return sum(int((counts / name).read_text()) for name in ("rx_bytes", "tx_bytes"))


def waiting(folder: Path, vehicle: str) -> list[Posting]:
    """What the day left in its outbox, in its order."""
    with closing(sqlite3.connect(folder / "outbox.db")) as db:
        rows = db.execute("SELECT kind, payload FROM message ORDER BY id").fetchall()
    ups = [decode(Address("default", vehicle).up(Kind(kind)), payload) for kind, payload in rows]
    return [Posting(up.body, up.observed_at, up.clock, block=up.block) for up in ups]


def send(folder: Path, port: int, vehicle: str, sessions: int) -> int:
    """In the vehicle's network: message by message, in so many sessions; then a session that is left alone."""
    said = waiting(folder, vehicle)
    certificate, key = folder / "car-1.pem", folder / "car-1.key"
    broker = Broker.of(f"mqtts://{OURS}:{port}", ca=folder / "ca.pem", certificate=certificate, key=key)
    with closing(open_outbox(folder / "sent.db")) as outbox:
        begun, of_sessions, payload = on_the_line(), 0, 0
        for number in range(sessions):
            before = on_the_line()
            with RunningLink(outbox, broker, pace=replace(BRISK, resend_s=10.0)) as running:
                wait_until_up(running)
                of_sessions += on_the_line() - before
                for posting in said[number::sessions]:
                    payload += put(outbox, running, posting)
        day = on_the_line() - begun
        print(f"{len(said)} messages, {payload:,} bytes of payload: {day:,} bytes at the interface")
        print(f"of these {of_sessions:,} for {sessions} sessions (TLS, certificates on both sides, greeting)")
        print(f"box off when parked: {day / 1e6:.3f} MB a day", flush=True)
        session, signs = parked(outbox, broker, said)
        print(f"a day parked with the box on: {(session + signs) / 1e3:.1f} kB, its session {session / 1e3:.1f}")
    return 0


def wait_until_up(running: RunningLink) -> None:
    """Until there is a session."""
    running.wait_until(lambda: running.link.trouble == "")


def put(outbox: Outbox, running: RunningLink, posting: Posting) -> int:
    """Send one message and wait for its acknowledgement; the bytes of its payload."""
    outbox.put([posting])
    size = outbox.counters()["bytes"]
    running.link.wake()
    if not running.drained():
        raise TimeoutError("the broker does not answer")
    return size


def parked(outbox: Outbox, broker: Broker, said: Sequence[Posting]) -> tuple[int, int]:
    """A parked day: bytes until there is a session, and those of all that follows."""
    whole = max((one for one in said if isinstance(one.body, Health)), key=lambda one: len(one.body.model_dump_json()))
    told = whole.body.model_copy(update={"quiet_s": PARKED_EVERY_S})
    pace = Pace()
    shrunk = replace(BRISK, keepalive_s=pace.keepalive_s // FASTER, probe_s=pace.probe_s // FASTER, resend_s=10.0)
    begun, ends_s = on_the_line(), time.monotonic() + DAY_S / FASTER
    with RunningLink(outbox, broker, pace=shrunk) as running:
        wait_until_up(running)
        session = on_the_line() - begun
        while time.monotonic() < ends_s:
            put(outbox, running, replace(whole, body=told))
            told = told.model_copy(update={"counters": {}})
            time.sleep(PARKED_EVERY_S / FASTER)
        return session, on_the_line() - begun - session


if __name__ == "__main__":
    sys.exit(main())
