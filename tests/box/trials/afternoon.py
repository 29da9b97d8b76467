"""Show: from a wheel to an alert in the cloud, and back to nothing."""

import json
import re
import subprocess
import time
from pathlib import Path

from tests.box.inside import GIVEN, files, journal, say, sh, show, trial, wait_for
from tests.box.network import forwarded, network

UNIT = "telltale-edge"
EDGE = "/opt/telltale/bin/telltale-edge"
SAID = Path("/var/lib/telltale/said.wav")
OF_THE_SYSTEM = re.compile(
    r"/__pycache__/|^/var/(log|lib/systemd)/|^/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|^/etc/\.pwd\.lock$"
)
"""Python's own cache, logs, and the backups of the accounts that Debian keeps."""


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
    forwarded()
    leak = ("--vehicle", "car", "--fault", "coolant_leak@150x40", "--warm")
    car = subprocess.Popen([EDGE, "simulate", *leak, "--bus", "can:vcan0"])
    cloud = f"--cloud {GIVEN['cloud']} --code {GIVEN['code']}"
    answers = f"--yes --bus can:vcan0 --ask obd --speech --player 'dd of={SAID} status=none' {cloud}"
    since_s = time.monotonic()
    say("setup", sh(f"{EDGE} setup {answers}"))
    say("setup took", round(time.monotonic() - since_s))
    SAID.unlink(missing_ok=True)
    say("doctor", sh(f"{EDGE} doctor"))
    _, heard_s = wait_for("an alert is spoken", said, 600)
    head = SAID.read_bytes()[:12]
    is_wav = head[:4] == b"RIFF" and head[8:] == b"WAVE"
    say("spoken", {"after_s": heard_s, "bytes": SAID.stat().st_size, "is_wav": is_wav})
    _, sent_s = wait_for("it is acknowledged", acknowledged)
    say("acknowledged", {"after_s": sent_s})
    say("status", sh(f"{EDGE} status"))
    say("ports", sh('cat /proc/net/tcp /proc/net/tcp6 | awk \'$4 == "0A" && $8 != "0" {print $2}\'')[1])
    say("daemon", show(UNIT, "MemoryCurrent", "NRestarts"))
    say("journal", journal(UNIT, 40))
    car.terminate()
    car.wait()
    say("uninstalled", sh(f"{EDGE} install --uninstall --purge"))
    after = files()
    left = sorted(name for name in after.keys() - before.keys() if not OF_THE_SYSTEM.search(name))
    gone = sorted(name for name in before.keys() - after.keys() if not OF_THE_SYSTEM.search(name))
    units = sh("systemctl list-unit-files 'telltale*' --no-legend")[1]
    say("left", {"new": left, "gone": gone, "user": sh("id telltale")[0], "units": units})


trial(body)
