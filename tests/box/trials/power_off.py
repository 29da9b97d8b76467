"""Show: a low battery switches the box off, if polkit lets it; refused, it says why, and asks ever more seldom."""

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import struct
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from tests.box.hooked import CONFIG, STATE, UNIT
from tests.box.inside import journal, say, sh, show, trial, wait_for

EDGE = "/opt/telltale/bin/telltale-edge"
SHIPPED = Path("/opt/telltale/share/telltale/systemd/samples")
RULE = Path("/etc/polkit-1/rules.d/50-telltale.rules")
WAKE = Path(f"/etc/systemd/system/{UNIT}.service.d/telltale-edge-wake.conf")
SUPPLY = Path("/srv/adc/in0_input")
STATUS = Path("/run/telltale-edge/status.json")
CLOCK = Path("/sys/class/rtc/rtc0")
BOOTS = Path("/srv/boots")
REFUSED = "does not shut the box down|systemctl poweroff: ended with"
SETTINGS = """profile = "telltale-car"
[vehicle]
fleet = "north"
id = "van-7"
[[bus]]
name = "can0"
source = "can:vcan0"
[supply]
source = "hwmon:/srv/adc/in0"
[power]
low_s = 3.0
shutdown = ["systemctl", "poweroff"]
wake_s = 3600
[link]
broker = "mqtt://127.0.0.1:9"
drain_s = 0.0
[state]
directory = "/var/lib/telltale"
"""
LOW, FULL = 11_900, 12_700
FRAME = struct.Struct("=IB3x8s")


def boots() -> int:
    """How often this machine was switched on."""
    return len(BOOTS.read_text()) if BOOTS.exists() else 0


def supply(millivolts: int) -> None:
    """Five digits in place of those that were there: the daemon has the file open."""
    fd = os.open(SUPPLY, os.O_WRONLY | os.O_CREAT, 0o644)
    os.pwrite(fd, f"{millivolts}\n".encode(), 0)
    os.close(fd)


def told(table: str, name: str) -> object:
    """What the daemon says of itself; None: nothing yet."""
    try:
        return json.loads(STATUS.read_text())[table][name]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def refusals() -> "list[float]":
    """The seconds of this boot at which it was refused."""
    lines = sh(f"journalctl -b -u {UNIT} --no-pager -o short-monotonic | grep -E '{REFUSED}'")[1]
    return [float(found) for found in re.findall(r"^\[ *([0-9.]+)\]", lines, re.MULTILINE)]


def refused() -> None:
    """Without the rule: several tries."""
    supply(LOW)
    sh(f"systemctl start --no-block {UNIT}")
    wait_for("it was refused three times", lambda: len(refusals()) >= 3, 600)
    gaps = [round(b - a, 1) for a, b in pairwise(refusals())]
    line = next(line for line in journal(UNIT, 200).splitlines() if re.search(REFUSED, line))
    say("refused", {"gaps_s": gaps, "line": line, **show(UNIT, "NRestarts", "StatusText")})
    say("is on still", sh("systemctl list-jobs --no-legend; systemctl is-active multi-user.target")[1].split())
    sh(f"systemctl stop {UNIT}")


def frames(number: int, *, runs: bool) -> "list[bytes]":
    """Speed, engine and key as telltale-car.dbc has them: 40 km/h, 1500 rpm, ON; or it stands, and OFF."""
    speed, engine = (struct.pack("<H5xB", raw if runs else 0, number % 16 << 4) for raw in (4000, 6000))
    key = bytes([4 if runs else 2, *bytes(7)])
    return [FRAME.pack(160, 8, speed), FRAME.pack(192, 8, engine), FRAME.pack(672, 2, key)]


def drive() -> None:
    """A trip, which ends with the ignition."""
    until_s = time.monotonic() + 240
    with socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW) as bus:
        bus.bind(("vcan0",))
        is_trip, number = False, 0
        while time.monotonic() < until_s:
            number += 1
            for frame in frames(number, runs=True):
                bus.send(frame)
            if not is_trip and told("daemon", "in_trip"):
                is_trip, until_s = True, time.monotonic() + 20
            time.sleep(0.1)
        for frame in frames(number + 1, runs=False):
            bus.send(frame)
    say("drove", is_trip)


def kinds_kept() -> "list[str]":
    """Of which kinds messages wait; of a copy, since whoever opens it writes beside it."""
    for file in STATE.glob("outbox.db*"):
        shutil.copy(file, "/tmp")  # nobody else is there
    with closing(sqlite3.connect("/tmp/outbox.db")) as db:
        return sorted(kind for (kind,) in db.execute("SELECT DISTINCT kind FROM message"))


def at_the_end(*_: object) -> None:
    """What systemd's stopping of this trial finds: the alarm, just before the power is gone."""
    try:
        alarm = (CLOCK / "wakealarm").read_text().strip()
        ahead_s = int(alarm) - int((CLOCK / "since_epoch").read_text()) if alarm else None
        jobs = sh("systemctl list-jobs --no-legend")[1]
        is_off = bool(re.search(r"poweroff\.target +start", jobs))
        say(f"end of boot {boots()}", {"by systemd": is_off, "alarm_ahead_s": ahead_s})
        say("over", "well")
    finally:
        os._exit(0)


def goes_off(name: str) -> None:
    """Wait for the end that the daemon asks for."""
    signal.signal(signal.SIGTERM, at_the_end)
    since_s = time.monotonic()
    supply(LOW)
    while time.monotonic() - since_s < 240:
        time.sleep(0.2)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    say(name, journal(UNIT, 60))
    raise TimeoutError(name)


def body() -> None:
    BOOTS.write_text("x" * (boots() + 1))
    if boots() == 1:
        SUPPLY.parent.mkdir()
        Path("/var/log/journal").mkdir(exist_ok=True)
        sh("systemd-tmpfiles --create --prefix /var/log/journal; journalctl --flush")
        say("installed", sh(f"{EDGE} install --no-start")[0])
        sh(f"systemctl disable {UNIT}")
        CONFIG.write_text(SETTINGS)
        shutil.chown(CONFIG, "root", "telltale")
        refused()
        shutil.copy(SHIPPED / RULE.name, RULE)
        supply(FULL)
        sh(f"systemctl reset-failed {UNIT}; systemctl start {UNIT}")
        drive()
        goes_off("with the rule")
    say("the log of before", sh(f"journalctl -b -1 -u {UNIT} --no-pager -o short-monotonic | tail -30")[1])
    say("what was kept", kinds_kept())
    say("whose alarm", sh(f"stat -L -c '%A %U %G' {CLOCK}/wakealarm")[1].strip())
    WAKE.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(SHIPPED / WAKE.name, WAKE)
    supply(FULL)
    sh(f"systemctl daemon-reload; systemctl start {UNIT}")
    say("how it ended", wait_for("it tells how it ended", lambda: told("last_run", "ended"))[0])
    goes_off("with the drop-in")


trial(body)
