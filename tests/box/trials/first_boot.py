"""Show: a fleet's image becomes its vehicle by itself, once the cloud is there, and does so once."""

import json
import re
import threading
from pathlib import Path

from tests.box.hooked import UNIT, chatter
from tests.box.inside import journal, say, sh, show, trial, wait_for
from tests.box.network import forwarded, network

EDGE = "/opt/telltale/bin/telltale-edge"
FIRST = "telltale-first-boot"
CLAIM, IDENTITY = Path("/etc/telltale/claim.toml"), Path("/var/lib/telltale/identity.pem")


def connected() -> "dict[str, str]":
    """Who it is to the broker that has let it in; nobody yet."""
    try:
        told = json.loads(sh(f"{EDGE} status --json")[1])
        link = told["link"]
    except (ValueError, KeyError):
        return {}
    is_known = bool(link) and link["connected"]
    return {name: told["daemon"][name] for name in ("fleet", "vehicle")} if is_known else {}


def tries() -> int:
    """How often systemd has started it once more."""
    return int(show(FIRST, "NRestarts")["NRestarts"])


def without_a_cloud() -> None:
    wait_for("the daemon is there all the same", lambda: sh(f"systemctl is-active {UNIT}")[0] == 0, 600)
    wait_for("it was tried again", lambda: tries() >= 1, 600)
    told = journal(FIRST, 60)
    say("without a cloud", {
        "again": re.findall(r"(cannot be reached.*?); again in (\d+) s", told)[:5],
        "status": show(FIRST, "ExecMainStatus", "Result", "ActiveState"),
        "claim": sh(f"stat -c '%A %U %G' {CLAIM}")[1].strip(),
        "identity": IDENTITY.exists(),
        "daemon": sh(f"{EDGE} status")[1],
    })  # fmt: skip


def who() -> "dict[str, object]":
    who, there_s = wait_for("the broker lets it in", connected, 600)
    files = {str(path): sh(f"stat -c '%A %U %G' {path}")[1].strip() for path in (IDENTITY, CLAIM) if path.exists()}
    return {**who, "there_s": there_s, "files": files, **show(UNIT, "NRestarts")}


def body() -> None:
    threading.Thread(target=chatter, daemon=True).start()
    network()
    if CLAIM.exists():
        without_a_cloud()
        forwarded()
        wait_for("it has a cloud", lambda: not CLAIM.exists(), 600)
        say("the first boot", who())
        say("its log", journal(FIRST, 60))
    else:
        forwarded()
        say("the second boot", {**who(), **show(FIRST, "ConditionResult", "ExecMainStartTimestampMonotonic")})
        say("errors", sh("journalctl -b -p err -u telltale-edge -u telltale-first-boot --no-pager -o cat")[1])
    sh("sync")


trial(body)
