"""What a test does to the daemon from inside, once the file `how` beside this one asks for it."""

import os
import sys
import threading
import time
from pathlib import Path

HOW = Path(__file__).parent / "how"


def _how() -> str:
    return HOW.read_text().strip() if HOW.exists() else ""


def _watch() -> None:
    while not (how := _how()):
        time.sleep(0.2)
    if how == "die":
        while "edge.daemon" not in sys.modules:
            time.sleep(0.05)
        os.abort()
    from edge.judgement import Judgement  # noqa: PLC0415  # once it is there

    if how == "judge nothing":
        Judgement.advance = lambda _self, _cells: iter(())  # type: ignore[method-assign]
    else:
        Judgement.advance = lambda _self, _cells: time.sleep(3600)  # type: ignore[method-assign,assign,return-value]


if "run" in sys.orig_argv:
    threading.Thread(target=_watch, daemon=True).start()
