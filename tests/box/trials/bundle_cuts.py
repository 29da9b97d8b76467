"""Show: what a box runs is whole, whenever its power goes while a bundle is applied. Whoever looks on cuts it off.

The kernel starts it in the place of systemd, whose boot takes longer than all the rest.
"""

import hashlib
import json
import subprocess
import time
import zlib
from pathlib import Path

from tests.box.inside import AS_DAEMON, GIVEN, say, sh

CONFIG = Path("/etc/telltale/edge.toml")
STATE, RUN = Path("/var/lib/telltale"), Path("/run/telltale-edge")
UPDATES, STATUS = STATE / "updates", RUN / "status.json"
BUNDLES = Path("/srv/bundles")
DAEMON = f"RUNTIME_DIRECTORY={RUN} {AS_DAEMON} /opt/telltale/bin/telltale-edge run --config {CONFIG}"
SETTINGS = """[vehicle]
fleet = "fleet-1"
id = "car-1"
[[bus]]
name = "vehicle"
source = "table:/srv/drive.csv?loop=on"
[cab]
voice = "none"
[link]
broker = "mqtt://127.0.0.1:9"
[state]
directory = "/var/lib/telltale"
"""
LOOK_S = 0.4


def journal() -> "dict[str, object] | str":
    """What stands in the journal, held against its checksum; in a word where that cannot be."""
    if not (file := UPDATES / "journal.json").exists():
        return "none" if not list(UPDATES.glob("journal*")) else "damaged"
    text, _, seal = file.read_bytes().rstrip(b"\n").rpartition(b"\n")
    if seal != b"%08x" % zlib.crc32(text):
        return "damaged"
    told = json.loads(text)
    tries, wanted = told["trial"], told["wanted"]
    return {
        "kept": [told["kept"]["version"], told["kept"]["slot"]],
        "tries": [tries["runs"]["version"], tries["runs"]["slot"]] if tries else None,
        "wanted": wanted["version"] if wanted else None,
        "newest": told["newest"],
        "steps": [[step["version"], step["step"]] for step in told["steps"]],
    }


def digest(folder: Path) -> str:
    """Of every file in it, its name and content."""
    found = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        found.update(f"{file.relative_to(folder)} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()


def lies_there() -> "dict[str, object]":
    """What the disk has, before anybody of ours was started."""
    slots = {slot: digest(UPDATES / "slots" / slot) for slot in "ab" if (UPDATES / "slots" / slot).exists()}
    return {"journal": journal(), "slots": slots}


def moment(told: "dict[str, object] | str", version: int) -> str:
    """How far the bundle of this version has come, in a word."""
    if isinstance(told, str) or told["newest"] != version:
        return ""
    steps = [step for number, step in told["steps"] if number == version]  # type: ignore[attr-defined]  # JSON
    if told["wanted"]:
        slot = "b" if told["kept"][1] == "a" else "a"  # type: ignore[index]  # JSON
        return "unpacks" if (UPDATES / "slots" / slot / "edge.toml").exists() else "asked"
    return steps[-1] if steps else "is to be tried"


def runs() -> "dict[str, object] | None":
    """What the daemon says that it runs, and the rules of bundles that fire."""
    try:
        told = json.loads(STATUS.read_text())
    except (OSError, ValueError):
        return None
    fires = sorted(one["rule"] for one in told["alerts"]["fires"] if one["rule"].startswith("rule_"))
    version = told["update"]["version"]
    is_there = told["daemon"]["judged_ago_s"] is not None and (fires or not version)
    return {"version": version, "fires": fires} if is_there else None


def ask() -> int:
    """The next bundle, where all is settled; the version that is asked for."""
    told = journal()
    if isinstance(told, str):
        version = int(GIVEN["first"])
    elif told["wanted"] or told["tries"]:
        return int(str(told["newest"]))
    else:
        version = int(str(told["newest"])) + 1
    status, output = sh(f"{AS_DAEMON} /opt/telltale/bin/python /srv/tests/box/asks.py {STATE} {BUNDLES / str(version)}")
    assert status == 0, output
    return version


def set_up() -> None:
    """What systemd does before the daemon starts, as the units ask for it."""
    sh("mount -t tmpfs tmpfs /run; ip link set lo up")
    for folder in (RUN, STATE):
        sh(f"install -d -o telltale -g telltale -m 750 {folder}")
    CONFIG.write_text(SETTINGS)
    sh(f"chown root:telltale {CONFIG}; chmod 640 {CONFIG}")


def main() -> None:
    set_up()
    say("lies there", lies_there())
    version = ask()
    sh("sync")
    daemon = subprocess.Popen(DAEMON, shell=True)
    said: list[object] = [None, None]
    since_s = time.monotonic()
    while time.monotonic() - since_s < GIVEN["patience_s"] and daemon.poll() is None:
        now = [moment(journal(), version), runs()]
        for number, name in enumerate(("moment", "runs")):
            if now[number] and now[number] != said[number]:
                say(name, now[number])
                said[number] = now[number]
        time.sleep(LOOK_S)
    say("over", daemon.poll())


main()
