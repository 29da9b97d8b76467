"""open_source: from what the installer wrote to a source that can be read."""

import threading
from pathlib import Path
from typing import Final

from edge.bus.cadence import Cadence
from edge.bus.pace import Paced
from edge.bus.source import Source
from edge.bus.spec import MOTIONS, RECEIVERS, SUPPLIES, TYRES, SourceSpec
from edge.bus.wheels import sensors_of
from edge.errors import ConfigError

_CADENCE: Final = Cadence()


def open_source(
    spec: SourceSpec,
    *,
    speed: float | None,
    now_ns: int,
    stop: threading.Event,
    cadence: Cadence = _CADENCE,
    offline: bool = False,
) -> Source:
    """Open `can:…`, `pythoncan:…`, `log:…`, `sim:…`, `table:…`, or what the box itself measures.

    `speed` paces a recording or a simulation, None lets it run as fast as it is read; a live bus has its own.
    `now_ns` is the wall clock (UTC): where a simulation begins unless told otherwise. `stop` ends a wait early.
    `cadence`: when the frames of a live bus are wanted. `offline`: no daemon, so MF4 may be read, all of it at once.
    A live bus that is not there yet is no error here: its `read` says so.

    Raises:
        ConfigError: an adapter, or no such kind, option, file, channel, driver, vehicle or fault.
    """
    source = _open(spec, now_ns, cadence, offline=offline)
    return source if source.live or speed is None else Paced(source, speed, wait=stop.wait)


def _open(spec: SourceSpec, now_ns: int, cadence: Cadence, *, offline: bool) -> Source:
    """Imports what it opens: python-can costs 18 MB, and a box needs one kind only."""
    if spec.kind == "log":
        from edge.bus.logs import open_log  # noqa: PLC0415  see above

        return open_log(spec, offline=offline)
    if spec.kind == "sim":
        from edge.bus.simulated import open_simulation  # noqa: PLC0415  see above

        return open_simulation(spec, now_ns=now_ns)
    if spec.kind == "table":
        from edge.bus.table.source import open_table  # noqa: PLC0415  see above

        return open_table(spec)
    if spec.kind == "can":
        from edge.bus.socketcan import SocketCanSource  # noqa: PLC0415  see above

        return SocketCanSource(spec, cadence=cadence)
    if spec.kind in _INSTRUMENTS:
        return _INSTRUMENTS[spec.kind](spec)
    if spec.kind == "elm327":
        remedy = 'Ask it: telltale-edge diagnose, or the daemon with ask = "obd" on this bus'
        raise ConfigError("an adapter says nothing by itself", place=spec.text, remedy=remedy)
    from edge.bus.interface import Interface  # noqa: PLC0415  see above
    from edge.bus.pythoncan import PythonCanSource  # noqa: PLC0415  see above

    return PythonCanSource(Interface.of(spec), cadence=cadence)


def _supply(spec: SourceSpec) -> Source:
    from edge.supply.nominal import NOMINALS  # noqa: PLC0415  see above
    from edge.supply.source import SupplySource  # noqa: PLC0415  see above

    said = spec.text_option("volts", "")
    if said not in NOMINALS:
        remedy = "Write volts=12 or volts=24, or leave it out: it shows by itself"
        raise ConfigError(f"no supply of {said} V is known", place=spec.text, remedy=remedy)
    return SupplySource(
        spec.kind,
        Path(spec.rest),
        name=spec.text_option("name", "supply"),
        divider=spec.float_option("divider", 1.0),
        nominal=NOMINALS[said],
    )


def _receiver(spec: SourceSpec) -> Source:
    from edge.receivers.source import gpsd_source, nmea_source  # noqa: PLC0415  see above

    name = spec.text_option("name", "position")
    if spec.kind == "gpsd":
        return gpsd_source(spec.rest, name)
    return nmea_source(spec.rest, spec.int_option("baud", 9600), name)


def _motion(spec: SourceSpec) -> Source:
    from edge.motion.source import MotionSource  # noqa: PLC0415  see above

    return MotionSource(Path(spec.rest), name=spec.text_option("name", "motion"))


def _tyres(spec: SourceSpec) -> Source:
    from edge.tyres.bluez import refuse_without_library  # noqa: PLC0415  see above
    from edge.tyres.source import TyreSource  # noqa: PLC0415  see above

    refuse_without_library(spec.text)
    return TyreSource(spec.rest, sensors_of(spec), name=spec.text_option("name", "tyres"))


_INSTRUMENTS: Final = {
    **dict.fromkeys(SUPPLIES, _supply),
    **dict.fromkeys(RECEIVERS, _receiver),
    **dict.fromkeys(MOTIONS, _motion),
    **dict.fromkeys(TYRES, _tyres),
}
"""What the box measures itself."""
