"""Show: what hangs is ended and started anew by systemd in time."""

import os
import re
from collections.abc import Callable

from hooked import HOW, STATE, UNIT, configure, install_with_a_hook, is_up, restarts
from inside import journal, say, sh, show, trial, wait_for

PIPE = """[[bus]]
name = "pipe"
source = "log:/var/lib/telltale/pipe.log"
"""


def hangs(name: str, hang: Callable[[], object], *, comes_back: bool = True) -> None:
    """Have it hang; after how long systemd had ended it, how it called that, and after how long it was there again."""
    before = restarts()
    hang()
    _, ended_s = wait_for(f"{name}: ended", lambda: restarts() > before or not is_up())
    result = show(UNIT, "Result")["Result"]
    HOW.unlink(missing_ok=True)
    why = re.findall(r"is not told that all is well: (.*)", journal(UNIT, 60))
    told = {"ended_s": ended_s, "result": result, "why": why[-1] if why else ""}
    if comes_back:
        told["again_s"] = wait_for(f"{name}: there again", lambda: restarts() > before and is_up())[1]
    say(name, told)


def stopped() -> None:
    sh(f"systemctl kill -s STOP --kill-who=main {UNIT}")


def reader_hangs() -> None:
    """A recording that comes through a pipe, two seconds of it, and then no more comes."""
    sh(f"systemctl stop {UNIT}")
    pipe = STATE / "pipe.log"
    os.mkfifo(pipe)
    pipe.chmod(0o666)
    held = os.open(pipe, os.O_RDWR)
    lines = "".join(f"({1e9 + number / 2500:.6f}) can1 123#0011223344556677\n" for number in range(5000))
    configure(PIPE)
    sh(f"systemctl start --no-block {UNIT}")
    os.write(held, lines.encode())
    wait_for("it reads from the pipe", is_up)
    hangs("reader hangs", lambda: None, comes_back=False)
    sh(f"systemctl stop {UNIT}")
    os.close(held)
    pipe.unlink()


def body() -> None:
    install_with_a_hook()
    hangs("stopped", stopped)
    hangs("judges nothing", lambda: HOW.write_text("judge nothing"))
    hangs("judge hangs", lambda: HOW.write_text("judge for ever"))
    reader_hangs()


trial(body)
