"""Show: who dies again and again is started ever more seldom, who is refused not at all; a full disk kills nobody."""

import re
import time
from itertools import pairwise

from tests.box.hooked import CONFIG, HOW, STATE, UNIT, begin_anew, configure, install_with_a_hook, is_up, restarts
from tests.box.inside import journal, say, sh, show, trial, wait_for


def full_disk() -> None:
    """A state folder without room: it goes on, and says so."""
    sh(f"systemctl stop {UNIT}")
    sh(f"mount -t tmpfs -o size=4m,mode=0750,uid=$(id -u telltale),gid=$(id -g telltale) tmpfs {STATE}")
    begin_anew()
    before = restarts()
    filled = sh(f"dd if=/dev/zero of={STATE}/filler bs=64k 2>&1 | tail -1")[1].strip()
    time.sleep(75)
    told = sh("/opt/telltale/bin/telltale-edge status")[1]
    say("full disk", {"filled": filled, "restarts": restarts() - before, "up": is_up(), "told": told})
    sh(f"systemctl stop {UNIT}; umount {STATE}")


def crash_loop() -> None:
    """It dies at each start: the times of the starts, then mended and started by hand."""
    HOW.write_text("die")
    sh(f"systemctl reset-failed {UNIT}; systemctl restart --no-block {UNIT}")
    wait_for("five deaths", lambda: restarts() >= 5, 900)
    status = show(UNIT, "StatusText")
    since = sh(f"journalctl -u {UNIT} --no-pager -o short-monotonic | grep -E 'Main process exited'")[1]
    at_s = [float(found) for found in re.findall(r"^\[ *([0-9.]+)\]", since, re.MULTILINE)]
    say("crash loop", {"gaps_s": [round(b - a, 1) for a, b in pairwise(at_s)][-5:], "status": status})
    time.sleep(8)  # until systemd has started it once more
    say("mended", {"there_s": begin_anew()})


def refused() -> None:
    """A configuration that cannot be: said once."""
    sh(f"systemctl stop {UNIT}")
    CONFIG.write_text("profile = 'nothing-of-the-kind'\n")
    sh(f"systemctl reset-failed {UNIT}; systemctl start --no-block {UNIT}")
    wait_for("it has been refused", lambda: show(UNIT, "ActiveState")["ActiveState"] == "failed")
    time.sleep(20)
    lines = [line for line in journal(UNIT, 60).splitlines() if "nothing-of-the-kind" in line]
    say("refused", {**show(UNIT, "ExecMainStatus", "NRestarts", "ActiveState"), "said": len(lines), "line": lines[-1:]})


def body() -> None:
    install_with_a_hook()
    crash_loop()
    refused()
    configure()
    full_disk()


trial(body)
