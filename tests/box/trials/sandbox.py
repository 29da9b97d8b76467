"""Show: what the daemon's sandbox lets a program do that runs in its place, and what it does not."""

import json
import re
from pathlib import Path

from inside import GIVEN, say, sh, trial

UNIT = Path("/etc/systemd/system/telltale-edge.service")
PROBE = Path("/run/systemd/system/telltale-probe.service")
DROP_IN = Path("/run/systemd/system/telltale-probe.service.d/network.conf")
LEFT_OUT = r"(?m)^(Type|NotifyAccess|WatchdogSec|Restart\w*|Timeout\w+)=.*\n"
"""What is of a service that stays; the sandbox is the rest."""


def probed() -> "dict[str, str]":
    """What came of each attempt."""
    sh("systemctl daemon-reload; systemctl start telltale-probe")
    lines = sh("journalctl -u telltale-probe -o cat --no-pager")[1].splitlines()
    told = [line for line in lines if line.startswith("{")]
    return dict(json.loads(told[-1])) if told else {"nothing": "\n".join(lines[-20:])}


def body() -> None:
    sh("/opt/telltale/bin/telltale-edge install --no-start")
    cards = [one.name for one in Path("/sys/class/net").iterdir() if (one / "device").exists()]
    [card] = [name for name in cards if "can" not in name]
    sh(f"ip addr add 10.0.2.15/24 dev {card}; ip link set {card} up")
    text = re.sub(LEFT_OUT, "", UNIT.read_text())
    text = re.sub(
        r"(?m)^ExecStart=.*", f"Type=oneshot\nExecStart=/usr/bin/python3 -I /srv/probe.py {GIVEN['port']}", text
    )
    PROBE.parent.mkdir(parents=True, exist_ok=True)
    PROBE.write_text(text)
    say("sandbox", probed())
    DROP_IN.parent.mkdir(parents=True, exist_ok=True)
    sample = Path("/srv/telltale-edge-network.conf").read_text()
    DROP_IN.write_text(sample.replace("203.0.113.7", "10.0.2.2"))
    say("network", probed())
    say("verify", sh("systemd-analyze verify --recursive-errors=no --man=no telltale-edge.service"))
    say("security", sh("systemd-analyze security telltale-edge.service --no-pager | tail -1")[1])


trial(body)
