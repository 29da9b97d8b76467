"""`telltale-edge setup`: its arguments, and who is asked."""

import argparse
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edge.arguments import STATE, positive
from edge.cli_diagnose import BITRATE_MAX, BITRATE_MIN
from edge.errors import EXIT_CONFIG, ConfigError, LinkDown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.cli_simulate import Commands
    from edge.setup.coverage import Coverage
    from edge.setup.person import Person
    from edge.setup.wishes import Wishes

EXIT_WRONG: Final = 4
"""As `telltale-edge status` has it."""
EXIT_NO_DAEMON: Final = 3
EXIT_AGAIN: Final = 75
"""EX_TEMPFAIL of sysexits.h: no network yet; the unit of the first boot tries again."""


def add_setup(commands: "Commands") -> None:
    """Add the command."""
    setup = commands.add_parser(
        "setup",
        help="find bus, bit rate and profile; enrol; start; report",
        description="Sets this box up for the vehicle that it is plugged into, step by step, and says what it does: "
        "finds the interface and its bit rate by listening alone, the profile by what is heard, asks for the VIN where "
        "that is allowed, tests the cab, enrols, writes the configuration, starts the daemon, and reports what this "
        "vehicle gives. Without a terminal, or with --yes, nothing is asked: flags answer. Status 0: healthy, or not "
        f"started as said; {EXIT_WRONG}: something is wrong; {EXIT_CONFIG}: an answer is missing (systemd/README.md).",
    )
    setup.set_defaults(command=_setup)
    _add_vehicle(setup)
    _add_box(setup)
    _add_first_boot(setup)


def _add_vehicle(setup: argparse.ArgumentParser) -> None:
    add = setup.add_argument_group("the vehicle").add_argument
    add("--bus", metavar="SPEC", help="can:can0, elm327:/dev/telltale-obd, pythoncan:…; the only one unless given")
    add("--bitrate", type=_bitrate, metavar="N", help="bit/s; found by listening unless given")
    add("--profile", metavar="P", help="a shipped profile by name, or a file; by what is heard unless given")
    add("--dbc", nargs="+", type=Path, default=[], metavar="FILE|FOLDER", help="databases to try (the shipped ones)")
    add("--ask", choices=["nothing", "obd", "j1939"], help="how control units may be asked; unasked: nothing")
    add("--listen", type=positive, default=10.0, metavar="S", help="how long to listen to what is on the bus; 10")
    add("--speech", action="store_true", help="there is a loudspeaker: say something, and turn speech on")
    add("--player", metavar="COMMAND", help="what plays a WAV file from its standard input; aplay -q")
    add("--lamp", type=int, metavar="GPIO", help="there is a red lamp at this pin: light it, and turn it on")


def _add_box(setup: argparse.ArgumentParser) -> None:
    add = setup.add_argument_group("the box").add_argument
    add("--cloud", metavar="URL", help="enrol with this cloud: https://cloud.example")
    add("--code", help="with this code")
    add("--ca", type=Path, metavar="FILE", help="PEM of who signed the cloud's certificate")
    add("--config", type=Path, default=Path("/etc/telltale/edge.toml"), metavar="FILE", help="where it is written")
    add("--state", type=Path, default=STATE, metavar="DIR", help=f"the state of the daemon; {STATE} unless given")
    add("--root", type=Path, default=Path("/"), metavar="DIR", help="write into an image that is not running")
    add("--status", type=Path, metavar="DIR", help="where the daemon's status file lies, if it was told where")
    add("--no-start", action="store_true", help="do not start the daemon")
    add("--report", action="store_true", help="only the report, of a daemon that runs with that configuration")
    add("--yes", action="store_true", help="ask nothing, as without a terminal")
    add("--json", action="store_true", help="the report as JSON; the steps go to standard error")


def _add_first_boot(setup: argparse.ArgumentParser) -> None:
    add = setup.add_argument_group("several boxes of one kind").add_argument
    add("--first-boot", action="store_true", help="only enrol, by the claim that an image carries")
    add("--claim", type=Path, metavar="FILE", help="that claim; /etc/telltale/claim.toml unless given")


def _bitrate(text: str) -> int:
    if not text.isdecimal() or not BITRATE_MIN <= int(text) <= BITRATE_MAX:
        raise argparse.ArgumentTypeError(f"{text} is no bit rate: write {BITRATE_MIN} to {BITRATE_MAX}")
    return int(text)


def _setup(options: argparse.Namespace) -> int:
    if options.first_boot:
        return _first_boot(options)
    if options.report:
        return _report(options)
    from edge.setup.steps import setup  # noqa: PLC0415  # `--help` needs none of it

    wishes = _wishes(options)
    if not wishes.root.is_dir():
        raise ConfigError("is no folder", file=wishes.root, place="--root", remedy="Name the root of a mounted image")
    done = setup(wishes, _person(options))
    return _told(options, done.coverage, done.facts)


def _report(options: argparse.Namespace) -> int:
    from edge.setup.again import report  # noqa: PLC0415  # as above
    from edge.status.look import NoDaemon  # noqa: PLC0415  # as above

    try:
        coverage = report(options.config, _folders(options))
    except NoDaemon as none:
        print(f"telltale-edge: {none}", file=sys.stderr)
        return EXIT_NO_DAEMON
    return _told(options, coverage, {"config": str(options.config)})


def _told(options: argparse.Namespace, coverage: "Coverage", facts: "Mapping[str, Any]") -> int:
    from edge.setup.report import json_of, text_of  # noqa: PLC0415  # as above

    if options.json:
        sys.stdout.write(json_of(coverage, **facts))
    else:
        for line in text_of(coverage):
            print(f"  {line}")
    return EXIT_WRONG if coverage.is_wrong else 0


def _folders(options: argparse.Namespace) -> list[Path]:
    from edge.status.place import folders  # noqa: PLC0415  # as above

    return [options.status] if options.status else folders(os.environ)


def _wishes(options: argparse.Namespace) -> "Wishes":
    from edge.setup.wishes import Wishes  # noqa: PLC0415  # as above

    return Wishes(
        bus=options.bus,
        bitrate=options.bitrate,
        profile=options.profile,
        databases=options.dbc,
        ask=options.ask,
        listen_s=options.listen,
        speech=options.speech,
        player=shlex.split(options.player or ""),
        red=options.lamp,
        cloud=options.cloud,
        code=options.code,
        ca=options.ca,
        config=options.config,
        state=options.state,
        root=options.root,
        starts=not options.no_start,
        status=_folders(options),
    )


def _person(options: argparse.Namespace) -> "Person":
    from edge.setup.person import AtTerminal, Nobody  # noqa: PLC0415  # as above

    stream = sys.stderr if options.json else sys.stdout
    is_there = sys.stdin.isatty() and stream.isatty() and not options.yes
    return AtTerminal(stream) if is_there else Nobody(stream)


def _first_boot(options: argparse.Namespace) -> int:
    from edge.setup.claim import FILE  # noqa: PLC0415  # as above
    from edge.setup.first_boot import enrol_by_claim  # noqa: PLC0415  # as above

    try:
        identity = enrol_by_claim(options.claim or FILE, options.state, tell=lambda line: print(line, flush=True))
    except LinkDown as error:
        print(f"telltale-edge: {error}", file=sys.stderr)
        return EXIT_AGAIN
    print(f"this box is {identity.fleet}/{identity.vehicle}; broker {identity.broker}")
    return 0
