"""The command line of the cloud: arguments only.

What a command needs is imported where it runs: all of it together takes seconds on a small machine.
"""

import argparse
import logging
import math
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cloud import cli_blocks, cli_bundles, cli_door, cli_people, cli_warranty
from cloud.demo.car import COMPONENT_OF
from cloud.demo.read import ANSWERS, DemoSettings
from cloud.errors import EXIT_CONFIG, CloudError, ConfigError
from cloud.logs import LogFormat, set_up

if TYPE_CHECKING:
    from cloud.config import Override

TOKEN_VARIABLE: Final = "TELLTALE_CLOUD_TOKEN"
_DATABASE_DEFAULT: Final = "sqlite:///telltale.db"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: 0, 1 after a failure, 78 when what the operator wrote cannot be used."""
    options = _parser().parse_args(arguments)
    set_up(LogFormat(options.log))
    for talkative in ("alembic", "numexpr"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    command = {
        "serve": _serve,
        "migrate": _migrate,
        "quarantine": _quarantine,
        "authority": cli_door.authority,
        "vehicle": cli_door.vehicle,
        "broker-config": cli_door.broker_config,
        "broker-helper": cli_door.broker_helper,
        "demo": _demo,
        "person": cli_people.person,
        "roles": cli_people.roles,
        "audit": cli_people.audit,
        "warranty": cli_warranty.warranty,
        "decode-block": cli_blocks.decode_block,
        "bundle": cli_bundles.bundle,
    }[options.command]
    try:
        return command(options) or 0
    except ConfigError as error:
        print(f"telltale-cloud: {error}", file=sys.stderr)
        return EXIT_CONFIG
    except CloudError as error:
        print(f"telltale-cloud: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()  # who read our output went away, which is its right
        return 1
    except ExceptionGroup as died:
        logging.getLogger(__name__).critical("a part of the service died, so all of it ends", exc_info=died)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="telltale-cloud", description="The cloud of Telltale.")
    parser.set_defaults(log=LogFormat.TEXT)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_serve(commands.add_parser("serve", help="take in the vehicles' messages and serve the API"))
    migrate = commands.add_parser("migrate", help="bring a database to this version's shape")
    migrate.add_argument("--database", default=_DATABASE_DEFAULT, metavar="URL")
    _add_demo(commands.add_parser("demo", help="a simulated car, the edge and the cloud, and the story as it happens"))
    quarantine = commands.add_parser("quarantine", help="look at messages that break the contract")
    quarantine.add_argument("action", choices=["list"])
    quarantine.add_argument("--database", default=_DATABASE_DEFAULT, metavar="URL")
    cli_people.add_commands(commands, _DATABASE_DEFAULT)
    cli_warranty.add_commands(commands)
    cli_blocks.add_commands(commands)
    cli_door.add_commands(commands, _DATABASE_DEFAULT)
    cli_bundles.add_commands(commands, _DATABASE_DEFAULT)
    return parser


def _add_demo(demo_parser: argparse.ArgumentParser) -> None:
    add = demo_parser.add_argument
    add(
        "--duration",
        type=_positive,
        metavar="S",
        help="end after so many seconds at the latest; without, when the story is over",
    )
    add("--seed", type=int, default=7, help="another seed, another drive (%(default)s)")
    add("--fault", choices=sorted(COMPONENT_OF), default="coolant_leak", help="(%(default)s)")
    add("--speed", type=_positive, default=30.0, help="times real time (%(default)s)")
    add("--answer", choices=ANSWERS, default="yes", help="what the owner says after a few seconds (%(default)s)")
    add("--ask", action="store_true", help="be the owner yourself, on this terminal")


def _positive(text: str) -> float:
    """A finite number above zero."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return number


def _demo(options: argparse.Namespace) -> int:
    from cloud.demo.run import run_demo  # noqa: PLC0415  # httpx, which only this needs

    return run_demo(
        DemoSettings(
            options.duration, options.seed, options.fault, options.speed, answer=options.answer, asks=options.ask
        )
    )


def _add_serve(serve_parser: argparse.ArgumentParser) -> None:
    add = serve_parser.add_argument
    add("--config", type=Path, metavar="FILE.toml", help="settings; what is said here on the line goes over it")
    which = serve_parser.add_mutually_exclusive_group()
    which.add_argument("--embedded-broker", action="store_true", help="run a broker in this process, on loopback")
    which.add_argument("--broker", metavar="URL", help="mqtt://host:port, or mqtts://host:port over TLS")
    add("--broker-port", type=int, metavar="PORT", help="of the embedded broker (1883; 0 takes any free one)")
    add("--database", metavar="URL", help=f"({_DATABASE_DEFAULT})")
    add("--host", help="where the API listens (127.0.0.1)")
    add("--port", type=int, help="of the API (8080; 0 takes any free one)")
    add("--token", help=f"what opens the API; better in ${TOKEN_VARIABLE}, since others see this line")
    add(
        "--log",
        choices=[form.value for form in LogFormat],
        default=LogFormat.TEXT.value,
        help="lines for people, or JSON objects for machines (%(default)s)",
    )
    add("--announce", type=Path, metavar="FILE", help="write there where the service is, once it is ready")


def _serve(options: argparse.Namespace) -> None:
    import asyncio  # noqa: PLC0415  # the rest of this list as well: no other command needs it
    import gc  # noqa: PLC0415  # the same

    gc.disable()  # all that is loaded now stays: looking it through again and again delays the start
    from cloud.app import serve  # noqa: PLC0415  # seconds on a small machine, and no other command needs it
    from cloud.config import load  # noqa: PLC0415  # the same
    from cloud.security.tokens import new_token  # noqa: PLC0415  # the same

    config = load(options.config, _overrides(options, os.environ))
    token = new_token() if config.token is None else config.token.get_secret_value()

    def tell() -> None:
        if config.token is None:
            print(f"API token, made for this run and not shown again: {token}", flush=True)

    asyncio.run(serve(config, token=token, announce=options.announce, on_ready=tell))
    gc.freeze()  # the interpreter would look it all through once more before it goes


def _overrides(options: argparse.Namespace, environ: Mapping[str, str]) -> "list[Override]":
    """What the command line and the environment say over the file; of the two, the command line."""
    from cloud.config import Override  # noqa: PLC0415  # pydantic

    said = [
        Override("--broker-port", ("broker", "port"), options.broker_port),
        Override("--database", ("database",), options.database),
        Override("--host", ("api", "host"), options.host),
        Override("--port", ("api", "port"), options.port),
        Override(TOKEN_VARIABLE, ("token",), environ.get(TOKEN_VARIABLE)),
        Override("--token", ("token",), options.token),
    ]
    overrides = [override for override in said if override.value is not None]
    if options.embedded_broker or options.broker is not None:
        overrides.append(Override("--embedded-broker", ("broker", "embedded"), options.embedded_broker))
        overrides.append(Override("--broker", ("broker", "url"), options.broker))
    return overrides


def _migrate(options: argparse.Namespace) -> None:
    from cloud.database import Database  # noqa: PLC0415  # SQLAlchemy takes half a second

    database = Database(options.database)
    try:
        print(f"{options.database} is at revision {database.migrate()}")
    finally:
        database.close()


def _quarantine(options: argparse.Namespace) -> None:
    from cloud.database import Database  # noqa: PLC0415  # SQLAlchemy takes half a second
    from cloud.inbox.aside import AsideService  # noqa: PLC0415  # the same
    from cloud.pages import LIMIT_MAX, Window  # noqa: PLC0415  # the same

    database = Database(options.database, must_exist=True)
    try:
        window: Window | None = Window(LIMIT_MAX)
        while window is not None:
            page = AsideService(database).quarantine(reason=None, window=window)
            for row in page.items:
                came = row.last_received_at.isoformat(timespec="seconds")
                print(row.id, came, row.reason, f"{row.times} times", f"{row.size} B", row.topic, row.detail, sep="\t")
            window = None if page.after is None else Window(LIMIT_MAX, page.after)
    finally:
        database.close()
