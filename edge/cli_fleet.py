"""`telltale-edge simulate-fleet`: its arguments."""

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge.arguments import positive, speed
from edge.errors import ConfigError

if TYPE_CHECKING:
    from edge.cli_simulate import Commands
    from edge.fleet.run import Settings


def add_simulate_fleet(commands: "Commands") -> None:
    """Add the command."""
    fleet = commands.add_parser(
        "simulate-fleet",
        help="many vehicles straight to a broker",
        description="Simulates a fleet for loading a cloud: each vehicle judges, keeps and sends as a box does, over a "
        "session of its own. `telltale-edge simulate --help` lists kinds, cycles, weathers and faults.",
    )
    fleet.set_defaults(command=_simulate_fleet)
    _add_fleet(fleet)
    _add_broker(fleet)
    _add_time(fleet)
    _add_faults(fleet)


def _add_fleet(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--vehicles", type=int, required=True, metavar="N", help="how many")
    add("--first", type=int, default=1, metavar="N", help="number of the first, for several programs in one fleet (1)")
    add("--fleet", default="default", help="the fleet's name (%(default)s)")
    add("--kind", default="mix", help="of vehicle; mix: each kind as often as the others (%(default)s)")
    add("--cycle", default="mixed", help="where they go (%(default)s)")
    add("--weather", default="any", help="(%(default)s)")
    add("--seed", type=int, default=1, help="the same seed, the same vehicles and drives (%(default)s)")
    add("--summary", type=int, default=60, metavar="S", help="length of a summary period (%(default)s)")
    add("--position", type=int, default=60, metavar="S", help="where it is, so often; 0: never (%(default)s)")


def _add_broker(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--broker", required=True, metavar="URL", help="mqtt://[user:password@]host:1883 or mqtts://host:8883")
    add("--username", default="", help="at the broker, for every vehicle")
    add("--password-file", type=Path, metavar="FILE", help="the password is its first line")
    add("--ca", type=Path, metavar="FILE", help="trusted instead of the system's authorities (PEM)")
    add("--certificate", type=Path, metavar="FILE", help="says who we are (PEM)")
    add("--key", type=Path, metavar="FILE", help="of the certificate (PEM)")


def _add_time(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--speed", type=speed, default=1.0, metavar="N|max", help="times real time; max waits for the cloud (1)")
    add("--duration", type=positive, metavar="S", help="simulated seconds; endless unless given")
    add("--start", type=float, default=60.0, metavar="S", help="vehicles begin one by one within this time (60)")
    add("--drain", type=float, default=30.0, metavar="S", help="wait so long for the last acknowledgements (30)")


def _add_faults(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--faults", type=float, default=0.0, metavar="SHARE", help="of the vehicles that get a fault or an oddity (0)")
    add("--pace", type=float, default=1.0, metavar="N", help="how many times faster than in life those develop (1)")
    add(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[@S[xPACE]]",
        help="on every vehicle that can have it, S seconds after it began; repeatable",
    )
    add("--truth", type=Path, metavar="FILE", help="the truth about every fault as JSON lines")


def _simulate_fleet(options: argparse.Namespace) -> int:
    from edge.fleet.run import run_fleet  # noqa: PLC0415  # other commands need none of it

    def say(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    run_fleet(_settings(options), say)
    return 0


def _settings(options: argparse.Namespace) -> "Settings":
    from edge.fleet.box import Habits  # noqa: PLC0415  # as above
    from edge.fleet.plan import Orders  # noqa: PLC0415  # as above
    from edge.fleet.run import Settings  # noqa: PLC0415  # as above
    from edge.link import Broker  # noqa: PLC0415  # as above
    from edge.simulator.faults import parse_fault  # noqa: PLC0415  # as above

    for name, least, most in (("summary", 1, 86_400), ("position", 0, 86_400), ("drain", 0.0, 3600.0)):
        if not least <= (number := getattr(options, name)) <= most:
            problem = f"{number:g} is not from {least:g} to {most:g}"
            raise ConfigError(problem, place=f"--{name}", remedy="Give another number")
    return Settings(
        orders=Orders(
            vehicles=options.vehicles,
            first=options.first,
            kind=options.kind,
            seed=options.seed,
            faults=[parse_fault(text) for text in options.fault],
            share=options.faults,
            pace=options.pace,
            duration_s=None if options.duration is None else math.ceil(options.duration),
            start_s=options.start,
        ),
        habits=Habits(options.fleet, options.cycle, options.weather, options.summary, options.position),
        broker=Broker.of(
            options.broker,
            username=options.username,
            password_file=options.password_file,
            ca=options.ca,
            certificate=options.certificate,
            key=options.key,
        ),
        speed=None if options.speed == "max" else options.speed,
        truth=options.truth,
        drain_s=options.drain,
    )
