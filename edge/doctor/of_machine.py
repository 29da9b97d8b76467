"""Checks of the machine: what it runs on, its supply, its clock, its disk."""

from collections.abc import Iterator
from typing import Final

from edge.doctor import remedies as do
from edge.doctor.check import Check, Seen, none, warning, well, wrong
from edge.doctor.look import CouldNotLook
from edge.doctor.looks import KERNEL, CanSocket, Looks
from edge.machine.programs import ARCHITECTURES, PYTHON_MIN, PYTHON_TRIED
from edge.status.verdict import DISK_BYTES
from edge.status.words import size

HOT_CELSIUS: Final = 85.0
WARM_CELSIUS: Final = 80.0
"""A Raspberry Pi is slowed at 80 to 85 °C (raspberrypi.com, frequency management and thermal control)."""
DISK_SOON_BYTES: Final = 500_000_000
WORN_PERCENT: Final = 90
WORN_SOON_PERCENT: Final = 70
_NEARLY_ALL, _FOUR_FIFTHS = 3, 2
"""Blocks in reserve that are used up (PRE_EOL_INFO)."""


def _python(looks: Looks) -> Iterator[Seen]:
    found = looks.python()
    if found.version[:2] < PYTHON_MIN or found.bits != 64 or found.architecture not in ARCHITECTURES:
        yield wrong(f"{found.text}: not supported", do.PYTHON)
    elif found.version[:2] > PYTHON_TRIED:
        yield warning(f"{found.text}: newer than what was tried", do.PYTHON)
    else:
        yield well(found.text)


def _modules(looks: Looks) -> Iterator[Seen]:
    kernel = looks.kernel()
    told = f"kernel {kernel.release or 'unknown'}"
    if not looks.live_of(KERNEL):
        yield none(f"no bus needs CAN of the kernel; {told}")
    elif looks.can_socket() is CanSocket.NO_CAN:
        lacks = [name for name in ("can", "can_raw") if kernel.lacks(name)]
        modules = f" (no module {', '.join(lacks)})" if lacks else ""
        what = f"{told} has no CAN{modules}"
        yield wrong(what, do.MODULES.format(release=kernel.release or "$(uname -r)"))
    else:
        drivers = f", loaded: {', '.join(kernel.loaded)}" if kernel.loaded else ""
        yield well(f"{told} has CAN{drivers}")


def _supply(looks: Looks) -> Iterator[Seen]:
    board = looks.board()
    if board.supply is None or board.supply.is_low is None:
        yield none("this board does not tell of its supply")
    elif board.supply.is_low:
        yield wrong("the board's supply is below 4.63 V now", do.SUPPLY)
    elif board.supply.was_low:
        yield warning("the board's supply was below 4.63 V at some time since it was switched on", do.SUPPLY)
    else:
        yield well(f"{board.model or 'the board'}: its supply holds")


def _heat(looks: Looks) -> Iterator[Seen]:
    zones = looks.board().zones
    if not zones:
        yield none("no thermometer tells")
        return
    hottest = max(zones, key=lambda zone: zone.celsius)
    told = f"{hottest.celsius:.0f} °C ({hottest.name})"
    critical = hottest.critical_celsius
    limit = HOT_CELSIUS if critical is None or critical <= 0 else min(HOT_CELSIUS, critical - 5.0)
    if hottest.celsius >= limit:
        yield wrong(told, do.HEAT)
    elif hottest.celsius >= min(WARM_CELSIUS, limit):
        yield warning(told, do.HEAT)
    else:
        yield well(told)


def _slowed(looks: Looks) -> Iterator[Seen]:
    supply = looks.board().supply
    if supply is None or supply.is_slowed is None:
        yield none("this board does not tell whether it is slowed down")
        return
    why = "for its heat" if supply.for_heat else "for its supply"
    if supply.is_slowed:
        yield wrong(f"the board is slowed down {why} now", do.SLOWED)
    elif supply.was_slowed:
        yield warning(f"the board was slowed down {why} since it was switched on", do.SLOWED)
    else:
        yield well("the board runs at its full speed")


def _clock(looks: Looks) -> Iterator[Seen]:
    now = looks.time()
    told = f"{now.utc:%Y-%m-%d %H:%M} UTC"
    status = looks.daemon().status
    if not now.is_set:
        yield wrong(f"the clock stands at {told}", do.CLOCK)
    elif now.is_synced:
        yield well(f"{told}, kept right by the network")
    elif status is not None and status.daemon.is_time_known:
        yield well(f"{told}; the daemon has learned the time from the cloud")
    else:
        yield warning(f"{told}, and nothing keeps it right", do.SYNC)


def _disk(looks: Looks) -> Iterator[Seen]:
    room = looks.room()
    folder = looks.config.state.directory
    if room is None:
        raise CouldNotLook(f"{folder}: nobody says how much room is left")
    told = f"{size(room.bytes_free)} of {size(room.bytes_all)} are free for {folder}"
    if room.is_read_only:
        yield wrong(f"the disk of {folder} cannot be written", do.READ_ONLY)
    elif room.bytes_free < DISK_BYTES:
        yield wrong(told, do.DISK)
    elif room.nodes_free == 0:
        yield wrong(f"no more files can be made for {folder}", do.DISK)
    elif room.bytes_free < DISK_SOON_BYTES:
        yield warning(told, do.DISK)
    else:
        yield well(told)


def _card(looks: Looks) -> Iterator[Seen]:
    cards = [one for one in looks.cards() if one.worn_percent is not None or one.reserve is not None]
    if not cards:
        yield none("no card tells how worn it is")
    for card in cards:
        worn, reserve = card.worn_percent or 0, card.reserve or 0
        told = f"{card.name}: {f'up to {worn} % of its life are over' if worn else 'tells its reserve alone'}"
        if worn > WORN_PERCENT or reserve >= _NEARLY_ALL:
            yield wrong(f"{told}{'; its reserve is nearly used up' if reserve >= _NEARLY_ALL else ''}", do.CARD)
        elif worn > WORN_SOON_PERCENT or reserve == _FOUR_FIFTHS:
            yield warning(told, do.CARD)
        else:
            yield well(told)


PYTHON: Final = Check("python", "Python and processor", _python, (do.PYTHON,))
MODULES: Final = Check("can-modules", "CAN in the kernel", _modules, (do.MODULES,), ("config",))
SUPPLY: Final = Check("supply", "supply of the board", _supply, (do.SUPPLY,))
HEAT: Final = Check("heat", "temperature", _heat, (do.HEAT,))
SLOWED: Final = Check("slowed", "speed of the board", _slowed, (do.SLOWED,), ("supply", "heat"))
CLOCK: Final = Check("clock", "time of day", _clock, (do.CLOCK, do.SYNC))
DISK: Final = Check("disk", "room on the disk", _disk, (do.DISK, do.READ_ONLY), ("config",))
CARD: Final = Check("card", "wear of the card", _card, (do.CARD,))
