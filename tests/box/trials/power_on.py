"""Show: from power to the first judged frame, at the second boot of an installed box, and what of it is ours."""

import json
import threading
from pathlib import Path

from hooked import UNIT, chatter, configure
from inside import say, sh, show, trial, wait_for

EDGE = "/opt/telltale/bin/telltale-edge"
STATUS = Path("/run/telltale-edge/status.json")
SECOND = Path("/srv/second")


def judged_at_s() -> "float | None":
    """When a cell with a frame in it was judged, in seconds of this boot."""
    try:
        told = json.loads(STATUS.read_text())
    except (OSError, ValueError):
        return None
    ago_s, heard = told["daemon"]["judged_ago_s"], any(bus["frames"] for bus in told["buses"])
    return told["written"]["boot_s"] - ago_s if heard and ago_s is not None else None


def body() -> None:
    if not SECOND.exists():
        say("installed", sh(f"{EDGE} install --no-start")[0])
        configure()
        SECOND.touch()
        sh("sync")
        return
    threading.Thread(target=chatter, daemon=True).start()
    judged_s, _ = wait_for("a frame is judged", judged_at_s)
    moments = show(UNIT, "ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic")
    started_s, ready_s = (int(moments[name]) / 1e6 for name in sorted(moments, reverse=True))
    say("seconds of the boot", {"started": started_s, "ready": ready_s, "judged": judged_s})
    say("analyze", sh("systemd-analyze time; systemd-analyze critical-chain telltale-edge.service --no-pager")[1])


trial(body)
