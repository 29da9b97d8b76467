"""A daemon on vcan0 that trials make hang, die and be refused; frames for it, for ever."""

import shutil
import socket
import struct
import threading
import time
from pathlib import Path

from tests.box.inside import say, sh, show, wait_for

UNIT = "telltale-edge"
CONFIG = Path("/etc/telltale/edge.toml")
HOW = Path("/srv/hook/how")
STATE = Path("/var/lib/telltale")
BASE = """profile = "telltale-car"
[vehicle]
fleet = "north"
id = "van-7"
[[bus]]
name = "can0"
source = "can:vcan0"
{more}
[link]
broker = "mqtt://127.0.0.1:9"
[state]
directory = "/var/lib/telltale"
"""


def chatter() -> None:
    """Frames for ever, ten a second: there is always something to judge."""
    with socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW) as bus:
        bus.bind(("vcan0",))
        while True:
            bus.send(struct.pack("=IB3x8s", 0x123, 8, bytes(8)))
            time.sleep(0.1)


def restarts() -> int:
    """How often systemd has started it anew by itself."""
    return int(show(UNIT, "NRestarts")["NRestarts"])


def is_up() -> bool:
    """Whether it has said that it is there."""
    return sh(f"systemctl is-active {UNIT}")[1].strip() == "active"


def configure(more: str = "") -> None:
    """Write its configuration."""
    CONFIG.write_text(BASE.format(more=more))
    shutil.chown(CONFIG, "root", "telltale")


def begin_anew() -> float:
    """Start it by hand, and wait until it is there; seconds."""
    HOW.unlink(missing_ok=True)
    sh(f"systemctl reset-failed {UNIT}; systemctl restart --no-block {UNIT}")
    time.sleep(1)
    return wait_for("it is there", is_up)[1]


def install_with_a_hook() -> None:
    """Make a box of this machine, whose daemon does from inside what `HOW` asks for."""
    threading.Thread(target=chatter, daemon=True).start()
    say("install", sh("/opt/telltale/bin/telltale-edge install --no-start"))
    drop_in = Path(f"/etc/systemd/system/{UNIT}.service.d/test.conf")
    drop_in.parent.mkdir(parents=True)
    drop_in.write_text("[Service]\nEnvironment=PYTHONPATH=/srv/hook\n")
    sh("systemctl daemon-reload")
    configure()
    say("there", {"s": begin_anew()})
