"""What trials say and do inside of the machine; Debian's own Python runs it, and nothing of ours."""

import json
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
PATIENCE_S = 240.0
AS_DAEMON = "setpriv --reuid telltale --regid telltale --clear-groups"
"""Before a command that its user runs."""
GIVEN = json.loads(Path("/srv/given.json").read_text())
"""What the test on the other machine has to tell."""


def say(name: str, value: object = None) -> None:
    """One line for whoever looks at the console."""
    print(f"\n@@ {json.dumps([name, value])}", flush=True)


def sh(command: str, timeout_s: float = 300.0) -> "tuple[int, str]":
    """Status and all output of a command line."""
    done = subprocess.run(
        command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout_s,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.returncode, done.stdout


def show(unit: str, *names: str) -> "dict[str, str]":
    """Properties of a unit."""
    told = sh(f"systemctl show {unit} -p {','.join(names)}")[1]
    return dict(line.split("=", 1) for line in told.splitlines() if "=" in line)


def wait_for(what: str, is_so: "Callable[[], T]", patience_s: float = PATIENCE_S) -> "tuple[T, float]":
    """What `is_so` says once it is true, and after how many seconds; the trial ends where it never is."""
    since_s = time.monotonic()
    while time.monotonic() - since_s < patience_s:
        if found := is_so():
            return found, round(time.monotonic() - since_s, 1)
        time.sleep(0.2)
    say("never", what)
    raise TimeoutError(what)


def journal(unit: str, lines: int = 40) -> str:
    """The end of its log."""
    return sh(f"journalctl -u {unit} -n {lines} --no-pager -o short-monotonic")[1]


def files() -> "dict[str, int]":
    """Every file of the system with its size, but for what is not kept or changes by itself."""
    found = {}
    for folder in ("/etc", "/opt", "/srv", "/usr", "/var"):
        for path in Path(folder).rglob("*"):
            if path.is_symlink() or path.is_file():
                found[str(path)] = path.lstat().st_size
    return found


def trial(body: Callable[[], None]) -> None:
    """Run it, say how it ended, and switch the machine off."""
    try:
        body()
        say("over", "well")
    except BaseException:  # noqa: BLE001  # whatever it was is said on the console
        say("over", traceback.format_exc())
        print(journal("telltale-edge", 60), file=sys.stderr)
    subprocess.run(["systemctl", "poweroff", "-ff"], check=False)
