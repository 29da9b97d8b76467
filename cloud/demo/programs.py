"""The programs of the demo: the cloud, and the edge in its car."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from cloud.children import Child, ChildFailed
from cloud.demo.car import FLEET, VEHICLE
from cloud.demo.read import DemoSettings
from cloud.demo.story import Story

ONSET_S: Final = 60
"""Simulated seconds of health before the fault begins."""
READY_S: Final = 60.0
_SETTINGS: Final = """
[broker]
embedded = true
port = 0

[api]
port = 0

[notify]
webhook_private = true  # the owner's phone is a port of this machine
per_hour = 1000  # it rings for the neighbours' cars too

[workflow]
look_every_s = 0.5
"""


@contextmanager
def cloud(folder: Path, token: str) -> Iterator[Child]:
    """The cloud, on its way up."""
    config = folder / "cloud.toml"
    config.write_text(_SETTINGS)
    arguments = ["serve", "--config", str(config), "--announce", str(_announced(folder))]
    arguments += ["--database", f"sqlite:///{folder}/cloud.db"]
    environment = {"TELLTALE_CLOUD_TOKEN": token}
    with Child("telltale-cloud", arguments, log=folder / "cloud.log", environment=environment) as child:
        yield child


def where(folder: Path, child: Child, stop: threading.Event) -> dict[str, str] | None:
    """Wait until the cloud is ready, and say where it is; None when told to stop before that.

    Raises:
        ChildFailed: it died, or took too long.
    """
    deadline = time.monotonic() + READY_S
    while not _announced(folder).exists():
        child.must_run()
        if time.monotonic() > deadline:
            raise ChildFailed(f"the cloud was not ready after {READY_S:g} s:\n{child.last_words()}")
        if stop.wait(0.05):
            return None
    announced: dict[str, str] = json.loads(_announced(folder).read_text())
    return announced


@contextmanager
def edge(folder: Path, broker: str, settings: DemoSettings, story: Story) -> Iterator[Child]:
    """The edge in its car; at the end it stops, and has handed over what it had to say."""
    fault = "" if settings.fault == "none" else f"&fault={settings.fault}@{ONSET_S}"
    arguments = ["run", "--bus", f"sim:car?seed={settings.seed}{fault}", "--profile", "telltale-car"]
    arguments += ["--speed", f"{settings.speed:g}", "--broker", broker, "--state", str(folder / "edge")]
    arguments += ["--fleet", FLEET, "--vehicle", VEHICLE, "--drain", "5"]
    environment = {"TMPDIR": str(folder)}
    with Child("telltale-edge", arguments, log=folder / "edge.log", read=True, environment=environment) as child:
        threading.Thread(target=_hear, args=(child.lines, story), name="cab", daemon=True).start()
        yield child


def _announced(folder: Path) -> Path:
    return folder / "cloud.json"


def _hear(lines: IO[str], story: Story) -> None:
    with lines:
        for line in lines:
            if line.startswith("cab: "):
                story.say("the driver hears", f"{line.removeprefix('cab: ').strip()}")
