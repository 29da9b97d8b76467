"""Show: from a wheel to an alert in the cloud, and back to nothing."""

import json
import re
import subprocess
from pathlib import Path

from inside import GIVEN, files, say, sh, show, trial, wait_for

UNIT = "telltale-edge"
EDGE = "/opt/telltale/bin/telltale-edge"
SAID = Path("/var/lib/telltale/said.wav")
CONFIG = """profile = "telltale-car"
[vehicle]
fleet = "north"
id = "van-7"
[[bus]]
name = "can0"
source = "can:vcan0"
[link]
broker = "{broker}"
[state]
directory = "/var/lib/telltale"
[cab]
language = "en"
[cab.speech]
enabled = true
player = ["dd", "of=/var/lib/telltale/said.wav", "status=none"]
"""


OF_THE_SYSTEM = re.compile(
    r"/__pycache__/|^/var/(log|lib/systemd)/|^/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|^/etc/\.pwd\.lock$"
)
"""Python's own cache, logs, and the backups of the accounts that Debian keeps."""


def network() -> None:
    """The way to the machine that this one runs on."""
    cards = [one.name for one in Path("/sys/class/net").iterdir() if (one / "device").exists()]
    [card] = [name for name in cards if "can" not in name]
    sh(f"ip addr add 10.0.2.15/24 dev {card}; ip link set {card} up")


def acknowledged() -> bool:
    try:
        link = json.loads(sh(f"{EDGE} status --json")[1])["link"]
    except (ValueError, KeyError):
        return False
    return bool(link) and link["acknowledged_ago_s"] is not None


def said() -> bool:
    return SAID.exists() and SAID.stat().st_size > 1000


def body() -> None:
    before = files()
    say("installed", sh(f"{EDGE} install --vcan --no-start")[0])
    network()
    Path("/etc/telltale/edge.toml").write_text(CONFIG.format(broker=GIVEN["broker"]))
    sh(f"systemctl restart --no-block {UNIT}")
    _, there_s = wait_for("active", lambda: show(UNIT, "ActiveState")["ActiveState"] == "active")
    moments = show(UNIT, "ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic")
    say("active", {"after_s": there_s, **moments})
    leak = ("--vehicle", "car", "--fault", "coolant_leak@5x40", "--warm")
    car = subprocess.Popen([EDGE, "simulate", *leak, "--bus", "can:vcan0"])
    _, heard_s = wait_for("an alert is spoken", said, 600)
    head = SAID.read_bytes()[:12]
    is_wav = head[:4] == b"RIFF" and head[8:] == b"WAVE"
    say("spoken", {"after_s": heard_s, "bytes": SAID.stat().st_size, "is_wav": is_wav})
    _, sent_s = wait_for("it is acknowledged", acknowledged)
    say("acknowledged", {"after_s": sent_s})
    say("status", sh(f"{EDGE} status"))
    say("ports", sh("cat /proc/net/tcp /proc/net/tcp6 | awk '$4 == \"0A\" {print $2}'")[1])
    say("memory", show(UNIT, "MemoryCurrent"))
    car.terminate()
    car.wait()
    say("uninstalled", sh(f"{EDGE} install --uninstall --purge"))
    after = files()
    left = sorted(name for name in after.keys() - before.keys() if not OF_THE_SYSTEM.search(name))
    gone = sorted(name for name in before.keys() - after.keys() if not OF_THE_SYSTEM.search(name))
    units = sh("systemctl list-unit-files 'telltale*' --no-legend")[1]
    say("left", {"new": left, "gone": gone, "user": sh("id telltale")[0], "units": units})


trial(body)
