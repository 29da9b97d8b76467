"""Checking: has this very program look at a bundle in a child process, as its next start would."""

import json
import subprocess
import threading
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from edge.errors import EdgeError

OPTION: Final = "--check-slot"
"""Of `run`: look, and end."""
PATIENCE_S: Final = 300.0
"""A small board takes seconds; what takes longer would keep the vehicle unwatched at every start."""
_LOOK_S: Final = 0.2
_SAYS: Final = "telltale-edge: "


class NotChecked(EdgeError):
    """Nobody knows whether it can be run; it is checked again later."""


def checked(
    program: Sequence[str],
    slot: Path,
    known: Collection[str],
    stop: threading.Event,
    *,
    patience_s: float = PATIENCE_S,
) -> str:
    """Why a bundle cannot be run; empty: it can. `program` runs the daemon; `known`: what it cannot use already.

    Raises:
        NotChecked: there is no room for a child, or `stop` was set meanwhile.
    """
    try:
        child = subprocess.Popen(
            [*program, OPTION, str(slot)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        raise NotChecked(f"no child can be started: {error.strerror}") from error
    with child:
        try:
            said = _said(child, json.dumps(sorted(known)).encode(), stop, patience_s)
        finally:
            child.kill()
    if said is None:
        return f"its check was not over after {patience_s:g} s"
    if child.returncode == 0:
        return ""
    lines = said.decode("utf-8", "replace").strip().splitlines()
    ours = [line.removeprefix(_SAYS) for line in lines if line.startswith(_SAYS)]
    return (ours or lines or [f"its check ended with {child.returncode}"])[-1]


def _said(child: "subprocess.Popen[bytes]", question: bytes, stop: threading.Event, patience_s: float) -> bytes | None:
    until_s = time.monotonic() + patience_s
    told: bytes | None = question
    while time.monotonic() < until_s:
        if stop.is_set():
            raise NotChecked("the daemon ends")
        try:
            return child.communicate(told, timeout=_LOOK_S)[1]
        except subprocess.TimeoutExpired:
            told = None
    return None
