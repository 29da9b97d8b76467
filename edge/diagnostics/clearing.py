"""Clearing: erasing trouble codes, of a vehicle that stands with its engine off; and what must hold before one asks."""

from collections.abc import Sequence
from contextlib import closing
from typing import Final, Literal

from edge.diagnostics import obd_messages
from edge.diagnostics.asker import Asker
from edge.diagnostics.findings import Survey
from edge.diagnostics.obd import ObdReader
from edge.diagnostics.opening import Asking, Way, frozen_values, open_way
from edge.diagnostics.watch import Silence
from edge.errors import EdgeError

LISTEN_S: Final = 2.0
"""How long the bus is listened to before anything is asked."""
SPEED: Final = 0x0D
ENGINE_SPEED: Final = 0x0C
CLEAR: Final = bytes((0x04,))

WHY: Final = {
    Silence.NOTHING_HEARD: "nothing is heard: is the ignition on, the plug in, and the bit rate that of the vehicle? A "
    "gateway may keep it silent: then try --silent-connector",
    Silence.ASLEEP: "the vehicle sleeps, and is not woken: switch the ignition on",
    Silence.FOREIGN_TESTER: "another tester is on the bus: unplug it, and wait ten minutes",
    Silence.LOW_VOLTAGE: "its battery is too weak to be asked",
    Silence.BUS_BUSY: "its bus is too busy to be asked",
}


class Refused(EdgeError):
    """The vehicle is not asked, or says nothing; with what to do."""


def clear_codes(asking: Asking, how: Literal["obd", "j1939"]) -> str:
    """Erase the trouble codes of every unit that answers; what is erased, and what stays.

    `asking` must bring a permission that clears.

    Raises:
        ConfigError, BusDown: as above.
        Refused: the vehicle moves, its engine runs, or that is unknown.
    """
    with closing(open_way(asking)) as way:
        listen(way)
        if how == "j1939":
            return _clear_heavy(way, asking)
        asker, reader = _answering(way)
        _must_stand(asker, reader)
        before = reader.codes()
        cleared = [answer.ecu.name for answer in asker.ask(CLEAR) if answer.refusal is None]
        after = reader.codes()
    if not cleared:
        raise Refused("no unit has erased anything; some want the ignition on and the engine off")
    return _erased(cleared, before, after)


def _clear_heavy(way: Way, asking: Asking) -> str:
    """DM11 to each unit, since nobody acknowledges a request to all (SAE J1939-21, 5.4.4)."""
    surveyor = way.heavy(asking.identity)
    if not surveyor.discover():
        raise Refused("nobody answers J1939: nothing was erased")
    if (engine_rpm := surveyor.engine_rpm()) is None or engine_rpm > 0:
        raise Refused("the engine runs, or that is unknown: nothing was erased")
    before = surveyor.codes()
    cleared = surveyor.clear()
    after = surveyor.codes()
    if not cleared:
        raise Refused("no unit has erased anything")
    return _erased(cleared, before, after)


def listen(way: Way) -> None:
    """Hear the bus for a while.

    Raises:
        Refused: nothing may be asked.
    """
    until_ns = way.standing.now_ns() + int(LISTEN_S * 1e9)
    while (left_ns := until_ns - way.standing.now_ns()) > 0:
        way.standing.listen(left_ns / 1e9)
    if (why := way.standing.why_silent()) is not None:
        raise Refused(way.bad_install() or WHY.get(why, str(why)))


def _answering(way: Way) -> tuple[Asker, ObdReader]:
    for asker in way.askers:
        reader = ObdReader(asker, frozen=frozen_values)
        if reader.discover():
            return asker, reader
    raise Refused("nobody answers OBD-II: nothing was erased")


def _must_stand(asker: Asker, reader: ObdReader) -> None:
    """Codes are erased on a vehicle that stands with its engine off; unknown is not good enough."""
    for pid, size, what in ((ENGINE_SPEED, 2, "the engine runs"), (SPEED, 1, "the vehicle moves")):
        told = [
            obd_messages.whole_number(answer.payload, size)
            for unit, pids in reader.pids.items()
            if pid in pids
            for answer in asker.ask(bytes((0x01, pid)), unit)
        ]
        known = [value for value in told if value is not None]
        if not known or any(known):
            raise Refused(f"{what}, or that is unknown: nothing was erased" if known else "its state is unknown")


def _erased(by: Sequence[str], before: Survey | None, after: Survey | None) -> str:
    return (
        f"erased by {', '.join(by)}: {_list(before)}\nstill there: {_list(after)}\n"
        "readiness begins anew: an emissions test fails until its monitors have run\n"
    )


def _list(survey: Survey | None) -> str:
    codes = sorted({f"{code.code} ({code.status})" for code in survey.codes.values()}) if survey else []
    return ", ".join(codes) or "no codes"
