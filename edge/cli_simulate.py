"""`telltale-edge simulate`: its arguments, and a help that lists every vehicle, cycle, weather and fault."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from edge.arguments import positive, speed, whole
from edge.errors import ConfigError

if TYPE_CHECKING:
    from edge.simulate import Simulated

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  # typeshed has no other name

VEHICLE: Final = "car"
"""Where none is named."""
_T = TypeVar("_T")


def add_simulate(commands: "Commands") -> None:
    """Add the command."""
    simulate = commands.add_parser(
        "simulate",
        help="vehicles on a bus or into a file",
        description="Simulates vehicles. On a bus they answer testers (OBD-II, UDS, J1939).",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )
    simulate.set_defaults(command=_simulate)
    add = simulate.add_argument
    add("-h", "--help", action=_Help, nargs=0, help="show this, with every vehicle, cycle, weather and fault")
    add("--vehicle", action="append", help=f"which vehicle ({VEHICLE} unless given); repeated: several at once")
    where = simulate.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--bus", action="append", metavar="SPEC", help="can:… or pythoncan:…; one for all vehicles, or one for each"
    )
    where.add_argument(
        "--out",
        action="append",
        type=Path,
        metavar="FILE",
        help="one for each vehicle: .log candump, .csv .parquet rows",
    )
    add("--cycle", help="where they go; mixed unless given")
    add("--weather", help="any unless given")
    add(
        "--skip",
        type=whole,
        default=0,
        metavar="S",
        help="seconds that are lived before the first frame, to come in the middle of the trouble; onsets count from "
        "before them",
    )
    add("--warm", action="store_true", help="they were driven shortly before")
    add(
        "--fault",
        action=_FaultAction,
        default=[],
        metavar="NAME[@SECONDS[xPACE]]",
        help="what breaks, when, and how many times faster than in life; repeatable; for the vehicle in front of it, "
        "before the first for all",
    )
    add("--seed", type=int, default=1, help="the same seed, the same frames; the next vehicle has the next seed")
    add("--speed", type=speed, metavar="N|max", help="1 on a bus, max into a file, unless given")
    add("--duration", type=positive, metavar="S", help="simulated seconds; endless on a bus unless given")
    add("--truth", action="append", type=Path, metavar="FILE", help="one for each vehicle: the truth as JSON lines")


def _simulate(options: argparse.Namespace) -> int:
    from edge.simulate import simulate  # noqa: PLC0415  # other commands need none of it

    sys.stdout.write(simulate(*_wanted(options)))
    return 0


def _wanted(options: argparse.Namespace) -> "list[Simulated]":
    """A vehicle for each that is named: the first bus, file and truth are the first one's, and so on."""
    from edge.simulate import Simulated  # noqa: PLC0415  # as above
    from edge.simulator.life import ANY, MIXED  # noqa: PLC0415  # as above

    vehicles: list[str] = options.vehicle or [VEHICLE]
    buses: list[str] = options.bus or []
    if len(buses) == 1:
        buses = buses * len(vehicles)
    fast = options.speed == "max" or (options.speed is None and options.out)
    parts = (vehicles, _each("--bus", buses, vehicles), _each("--out", options.out, vehicles))
    return [
        Simulated(
            vehicle=vehicle,
            faults=[text for after, text in options.fault if after in (0, number)],
            seed=options.seed + number - 1,
            duration_s=options.duration,
            speed=None if fast else options.speed or 1.0,
            bus=bus,
            out=out,
            truth=truth,
            cycle=options.cycle or MIXED,
            weather=options.weather or ANY,
            warm=options.warm,
            skip_s=options.skip,
        )
        for number, (vehicle, bus, out, truth) in enumerate(
            zip(*parts, _each("--truth", options.truth, vehicles), strict=True), 1
        )
    ]


def _each(option: str, values: Sequence[_T] | None, vehicles: Sequence[str]) -> Sequence[_T | None]:
    """As many values as vehicles."""
    if not values:
        return [None] * len(vehicles)
    if len(values) != len(vehicles):
        problem = f"{len(values)} times {option}, but {len(vehicles)} times --vehicle"
        raise ConfigError(problem, remedy="Give as many of one as of the other")
    return values


class _FaultAction(argparse.Action):
    """Remembers behind how many vehicles a fault stands."""

    def __call__(
        self, _: argparse.ArgumentParser, namespace: argparse.Namespace, value: Any, __: str | None = None
    ) -> None:
        setattr(namespace, self.dest, [*getattr(namespace, self.dest), (len(namespace.vehicle or []), value)])


class _Help(argparse.Action):
    """Reads the lists only when somebody asks for them: they lie in the simulator, which takes a while to import."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        parser.epilog = _lists()
        parser.print_help()
        parser.exit()


def _lists() -> str:
    from edge.simulator.journey import CYCLES  # noqa: PLC0415  # see _Help
    from edge.simulator.kinds import KINDS  # noqa: PLC0415  # see _Help
    from edge.simulator.weather import WEATHERS  # noqa: PLC0415  # see _Help

    parts = [
        _list("vehicles", {name: kind.summary for name, kind in KINDS.items()}),
        _list("cycles", CYCLES),
        _list("weathers", WEATHERS),
    ]
    owners: dict[tuple[str, ...], list[str]] = {}
    for name, kind in KINDS.items():
        owners.setdefault(tuple(kind.faults), []).append(name)
    for names in owners.values():
        faults = KINDS[names[0]].faults
        lines = {
            name: f"{'(healthy but odd) ' if fault.control else ''}{fault.summary}" for name, fault in faults.items()
        }
        parts.append(_list(f"faults of {', '.join(names)}", dict(sorted(lines.items()))))
    return "\n\n".join(parts)


def _list(title: str, lines: Mapping[str, str]) -> str:
    width = max(map(len, lines))
    return "\n".join([f"{title}:", *(f"  {name:<{width}}  {line}" for name, line in lines.items())])
