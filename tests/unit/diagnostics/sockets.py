"""A port under one name, into which a test plugs adapters, sound and not."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from edge.simulator.elm327 import Defect, Elm327
from edge.simulator.elm327_vehicle import Network
from tests.elm327 import PluggedIn
from tests.unit.diagnostics.askers import Vehicle, driven, network

CHARGING = 14.1
RETURNS_S = 10.0
"""In which an adapter that is back has to be used again."""


class Socket:
    """A port under one name, as udev gives it, whatever is plugged into it; nothing at first."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "obd"
        self.vehicle = Vehicle()
        self.units: Callable[[], Network] = lambda: network(driven(), extended=False)
        self.volts = CHARGING
        self._plugs = ExitStack()
        self._plug: PluggedIn | None = None

    def plug_in(
        self, defect: Defect = Defect.NONE, *, delay_s: float = 2.0, seed: int = 0, kind: type[Elm327] = Elm327
    ) -> Elm327:
        self.vehicle.units = self.units()  # anew, as an adapter's time begins when it is plugged in
        adapter = kind(self.vehicle, defect=defect, volts=lambda: self.volts, delay_s=delay_s, seed=seed)
        self._plug = PluggedIn(adapter)
        self._plugs.callback(self._plug.unplug)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(self._plug.path)
        return adapter

    def pull(self) -> None:
        if self._plug is not None:
            self._plug.unplug()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> "Socket":
        return self

    def __exit__(self, *_: object) -> None:
        self._plugs.close()


def spoil(adapter: Elm327, defect: Defect) -> None:
    adapter._defect = defect
