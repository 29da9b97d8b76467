"""The display of the cab as a program, beside a channel that a test speaks through in the daemon's place."""

import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Final

from edge.driver.channel import Channel
from edge.driver.lines import read_state
from edge.driver.notice import CabState, Request, Shown, Telltale
from tests.programs import program

SOCKET: Final = "cab.sock"
CODE: Final = "482913"
_UTC_NS: Final = 1_784_000_000_000_000_000


class Cab:
    """The daemon's side: tells states, and keeps what is asked for."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / SOCKET
        self.requests: Queue[Request] = Queue()
        self.channel = Channel(self.socket, self._take)

    def _take(self, request: Request) -> None:
        self.requests.put(request)

    def show(self, state: CabState) -> None:
        self.channel.show(state)

    def asked(self, timeout_s: float = 10.0) -> Request:
        return self.requests.get(timeout=timeout_s)

    def end(self) -> None:
        """As when the daemon stops."""
        self.channel.close()

    def begin_again(self) -> None:
        """As when the daemon starts anew."""
        self.channel = Channel(self.socket, self._take)


@dataclass(frozen=True, slots=True)
class Started:
    """A display that runs."""

    url: str
    code: str
    program: "subprocess.Popen[str]"


@contextmanager
def cab_in(folder: Path) -> Iterator[Cab]:
    cab = Cab(folder)
    try:
        yield cab
    finally:
        cab.end()


@contextmanager
def display_at(path: Path, *arguments: str, listen: str = "127.0.0.1:0") -> Iterator[Started]:
    """`telltale-edge display`, once it has said where it is."""
    command = [program("telltale-edge"), "display", "--socket", str(path), "--listen", listen, *arguments]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
    try:
        assert child.stdout is not None
        said = child.stdout.readline().split()
        assert said[:1] == ["display:"], said
        yield Started(said[1].rstrip("/"), said[3] if len(said) > 3 else "", child)
    finally:
        child.terminate()
        child.communicate(timeout=20)


@dataclass(frozen=True, slots=True)
class Daemon:
    """One that runs."""

    channel: Path
    pid: int


@contextmanager
def daemon_with_a_leak(folder: Path, language: str = "en") -> Iterator[Daemon]:
    """`telltale-edge run` on a simulated car that loses its coolant soon, twenty times as fast."""
    config = folder / "edge.toml"
    config.write_text(
        'profile = "telltale-car"\n[[bus]]\nsource = "sim:car?fault=coolant_leak@20x4&seed=7"\nspeed = 20\n'
        '[state]\ndirectory = "."\n[cab.display]\nenabled = true\n'
        f'[cab]\nvoice = "none"\nlanguage = "{language}"\n'
    )
    command = [program("telltale-edge"), "run", "--config", str(config)]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield Daemon(folder / SOCKET, child.pid)
    finally:
        child.terminate()
        child.wait(timeout=30)


def states_at(path: Path, timeout_s: float = 60.0) -> Iterator[CabState]:
    """Every state that a channel tells, from now on."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout_s)
        connection.connect(str(path))
        with connection.makefile("rb") as lines:
            yield from (state for state in map(read_state, lines) if state is not None)


def shown(number: int, severity: str, action: str, text: str, *, acknowledged: bool = False) -> Shown:
    return Shown(f"alert-{number}", severity, action, text, _UTC_NS, acknowledged)


def state_of(
    telltale: Telltale,
    *alerts: Shown,
    doing: str | None = "driving",
    stands: bool | None = None,
    more: int = 0,
    private: bool = False,
    workshop: bool = False,
    language: str = "en",
) -> CabState:
    return CabState(
        at=_UTC_NS,
        telltale=telltale,
        alerts=tuple(alerts),
        more=more,
        doing=doing,
        stands=doing == "parked" if stands is None else stands,
        private=private,
        workshop=workshop,
        workshop_until=_UTC_NS + 7_200_000_000_000 if workshop else None,
        language=language,
    )


TEXTS: Final[dict[str, Sequence[str]]] = {
    "en": [
        "The engine is overheating. Stop and switch it off.",
        "Tyre pressure front left is falling.",
        "The battery is weak.",
    ],
    "de": [
        "Kühlmitteltemperatur zu hoch. Halten Sie an und stellen Sie den Motor ab.",
        "Reifendruck vorne links fällt.",
        "Die Batterie ist schwach.",
    ],
    "es": [
        "El motor se sobrecalienta. Pare y apáguelo.",
        "Baja la presión del neumático delantero izquierdo.",
        "La batería está débil.",
    ],
    "hi": [
        "इंजन बहुत गरम हो रहा है। गाड़ी रोकें और इंजन बंद करें।",
        "आगे के बाएँ टायर में हवा कम हो रही है।",
        "बैटरी कमज़ोर है।",
    ],
}


def three_alerts(language: str = "en", *, acknowledged: bool = False) -> list[Shown]:
    """A danger, a caution, a note."""
    danger, caution, note = TEXTS[language]
    return [
        shown(1, "critical", "stop_now", danger, acknowledged=acknowledged),
        shown(2, "warning", "nearest_workshop", caution),
        shown(3, "info", "next_service", note),
    ]
