"""`telltale-edge`: arguments only."""

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from edge import frugal  # noqa: F401  # before whatever imports numpy
from edge.arguments import speed
from edge.cli_dbc import add_dbc
from edge.cli_diagnose import add_diagnose
from edge.cli_display import add_display
from edge.cli_doctor import add_doctor
from edge.cli_dtc import add_dtc
from edge.cli_enrol import add_enrol
from edge.cli_fleet import add_simulate_fleet
from edge.cli_install import add_install
from edge.cli_learn_anew import add_learn_anew
from edge.cli_outbox import add_outbox
from edge.cli_profile import add_profile
from edge.cli_recording import add_recording
from edge.cli_rules import add_rules
from edge.cli_setup import add_setup
from edge.cli_simulate import add_simulate
from edge.cli_status import add_status, add_top
from edge.cli_tyres import add_tyres
from edge.cli_updates import add_updates
from edge.config import SEE, Config, Over, load_config, with_profile, with_sources
from edge.config_parts import Bus
from edge.config_written import to_toml
from edge.enrolled import with_identity
from edge.errors import EXIT_CONFIG, ConfigError, EdgeError
from edge.health import edge_version
from edge.restarting import started_gently
from edge.service_manager import here
from edge.toml_file import first_mistake

if TYPE_CHECKING:
    from edge.cli_simulate import Commands

EXIT_FAILED: Final = 1
_BUS_HELP: Final = "can:…, pythoncan:…, log:…, sim:…, table:…; beside --config: instead of its buses' sources"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0, or 78 when what the installer wrote cannot be used, or 1 when something else failed."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=options.log.upper(), format="%(levelname)s %(message)s", stream=sys.stderr)
    try:
        return int(options.command(options))
    except ConfigError as error:
        print(f"telltale-edge: {error}", file=sys.stderr)
        return EXIT_CONFIG
    except EdgeError as error:
        print(f"telltale-edge: {error}", file=sys.stderr)
        return EXIT_FAILED
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away, which is its right
        return EXIT_FAILED


def _run(options: argparse.Namespace) -> int:
    if options.check_slot:
        return _check_slot(options)
    with started_gently(os.environ, here(), time.monotonic()):
        from edge.run import run  # noqa: PLC0415  # `check` and `--help` need none of it

        report = run(
            _config(options),
            alerts_out=options.alerts_out,
            report_out=options.report,
            config_file=options.config,
            configured=lambda overlay: _config(options, overlay.over),
        )
    sys.stdout.write(report.text())
    return 0


def _check_slot(options: argparse.Namespace) -> int:
    """Whether a bundle can be run; what the daemon that asks cannot use already comes on standard input."""
    from edge.updates.check import be_nice, check  # noqa: PLC0415  # as above

    be_nice()
    check(options.check_slot, lambda overlay: _config(options, overlay.over), json.loads(sys.stdin.read()))
    return 0


def _check(options: argparse.Namespace) -> int:
    from edge.prepare import prepare  # noqa: PLC0415  # `--help` needs none of it

    config = _config(options)
    for note in prepare(config).notes:
        print(f"telltale-edge: note: {note}", file=sys.stderr)
    sys.stdout.write(to_toml(config))
    return 0


def _decode(options: argparse.Namespace) -> int:
    from edge.offline import decode_file, decode_table  # noqa: PLC0415  # `--help` needs none of it

    if options.log_file.startswith("table:"):
        sys.stdout.write(decode_table(options.log_file, options.dbc, options.out))
    else:
        sys.stdout.write(decode_file(Path(options.log_file), options.dbc, options.out))
    return 0


def _config(options: argparse.Namespace, over: Over | None = None) -> Config:
    """The configuration file, or one made of the options; options win over the file. `over`: what a bundle sets."""
    if not options.config and not options.bus:
        raise ConfigError("nothing to listen to", remedy="Give --config FILE, or --bus SPEC --dbc FILE…")
    try:
        config = _from_file(options, over) if options.config else _from_options(options, over)
    except ValidationError as error:
        raise first_mistake(error, "arguments", see=SEE) from error
    for bus in config.bus:
        bus.source = _looped(bus) if options.loop else bus.source
        bus.speed = options.speed if options.speed is not None else bus.speed
    for name, value in (("fleet", options.fleet), ("id", options.vehicle)):
        _set(config, "vehicle", name, value)
    for name, value in (("broker", options.broker), ("drain_s", options.drain)):
        _set(config, "link", name, value)
    _set(config, "state", "directory", options.state)
    _set(config, "status", "directory", options.status)
    _set(config, "memory", "summary_s", options.summary)
    _set(config, "cab", "voice", options.voice)
    return with_identity(config) if options.config or options.state else config


def _from_file(options: argparse.Namespace, over: Over | None) -> Config:
    """A file, with other sources on its buses where some are given."""
    config = load_config(options.config, over)
    return with_sources(config, options.bus) if options.bus else config


def _looped(bus: Bus) -> str:
    """The source of a bus, again and again."""
    if not bus.is_table:
        remedy = "Leave --loop out, or give table:…; telltale-edge replay --loop sends a log on a bus"
        raise ConfigError("only a table is run again and again", place=bus.source, remedy=remedy)
    return f"{bus.source}{'&' if '?' in bus.source else '?'}loop=on"


def _set(config: Config, table: str, name: str, value: object) -> None:
    """Let an option win over the file."""
    if value is None:
        return
    try:
        setattr(getattr(config, table), name, value)
    except ValidationError as error:
        raise first_mistake(error, "arguments", see=SEE, table=table) from error


def _from_options(options: argparse.Namespace, over: Over | None) -> Config:
    several = len(options.bus) > 1
    tables = {
        "profile": options.profile or "",
        "bus": [
            {"name": f"bus{index}" if several else "", "source": source, "dbc": options.dbc}
            for index, source in enumerate(options.bus)
        ],
        "detect": {"rules": options.rules, "models": options.model},
    }
    return with_profile(Config.model_validate(over(tables) if over else tables), Path.cwd())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("telltale-edge", description="Listens to a vehicle's buses and warns in time.")
    parser.add_argument("--version", action="version", version=f"telltale-edge {edge_version()}")
    parser.add_argument("--log", default="warning", choices=["debug", "info", "warning", "error"], help="what to log")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands)
    _add_decode(commands)
    add_dbc(commands)
    add_diagnose(commands)
    add_display(commands)
    add_doctor(commands)
    add_dtc(commands)
    add_enrol(commands)
    add_install(commands)
    add_learn_anew(commands)
    add_outbox(commands)
    add_profile(commands)
    add_recording(commands)
    add_rules(commands)
    add_setup(commands)
    add_simulate(commands)
    add_simulate_fleet(commands)
    add_status(commands)
    add_top(commands)
    add_tyres(commands)
    add_updates(commands)
    return parser


def _add_run(commands: "Commands") -> None:
    run = commands.add_parser("run", help="listen, judge, warn, send", description="Runs the daemon.")
    run.set_defaults(command=_run)
    run.add_argument("--alerts-out", type=Path, metavar="FILE", help="also write each alert as a JSON line")
    run.add_argument("--report", type=Path, metavar="FILE", help="also write the account of the run as JSON")
    run.add_argument("--check-slot", type=Path, help=argparse.SUPPRESS)
    check = commands.add_parser("check", help="check a configuration and print it resolved")
    check.set_defaults(command=_check)
    for command in (run, check):
        _add_sources(command)


def _add_sources(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--config", type=Path, metavar="FILE", help="the configuration (sample: systemd/telltale-edge.toml)")
    add("--bus", action="append", metavar="SPEC", help=_BUS_HELP)
    add("--dbc", nargs="+", default=[], metavar="FILE", help="databases of these buses")
    add("--profile", metavar="P", help="a shipped profile by name, or a file")
    add("--rules", nargs="+", default=[], metavar="FILE", help="rule files, or names of shipped packs")
    add("--model", nargs="+", default=[], metavar="DIR", help="model packages, or names of shipped ones")
    add("--speed", type=speed, metavar="N|max", help="of recordings and simulations; 1 unless given")
    add("--loop", action="store_true", help="run a table again and again until Ctrl-C")
    add("--fleet", help="the fleet's name")
    add("--vehicle", help="the vehicle's name in the fleet")
    add("--broker", metavar="URL", help="mqtt://host:1883 or mqtts://host:8883; none: nothing is sent")
    add("--state", type=Path, metavar="DIR", help="where the outbox lies")
    add("--status", type=Path, metavar="DIR", help="where the status file lies, in memory (telltale-edge status)")
    add("--drain", type=float, metavar="S", help="how long the end of a recording waits for acknowledgements")
    add("--summary", type=int, metavar="S", help="length of a summary period")
    add("--voice", choices=["text", "none"], help="how the driver is told")


def _add_decode(commands: "Commands") -> None:
    decode = commands.add_parser("decode", help="a recording as rows", description="Decodes a recording to a file.")
    decode.set_defaults(command=_decode)
    decode.add_argument("log_file", metavar="LOG", help="a recording in any format, or table:FILE[?map=columns.toml]")
    decode.add_argument(
        "--dbc",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help="databases; tables and answers of OBD-II need none",
    )
    decode.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="kind by its ending: .jsonl .csv .parquet"
    )
