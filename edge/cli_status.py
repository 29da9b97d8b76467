"""`telltale-edge status` and `telltale-edge top`: their arguments."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge.errors import ConfigError

if TYPE_CHECKING:
    from edge.cli_simulate import Commands

EXIT_NO_DAEMON: Final = 3
"""As systemctl status has it, and the LSB."""
EXIT_WRONG: Final = 4


def add_status(commands: "Commands") -> None:
    """Add the command."""
    status = commands.add_parser(
        "status",
        help="how the daemon is",
        description="Tells how the daemon on this box is: what is wrong and its remedy first. Status 0: all is well; "
        f"{EXIT_WRONG}: something is wrong; {EXIT_NO_DAEMON}: no daemon runs; 1: its status cannot be read. Alerts of "
        "the vehicle are told, and are nothing wrong with the box.",
    )
    status.set_defaults(command=_status)
    status.add_argument("--json", action="store_true", help="what the daemon wrote, and how old it is")
    _add_place(status)


def add_top(commands: "Commands") -> None:
    """Add the command."""
    top = commands.add_parser(
        "top",
        help="the same, live",
        description="Shows buses, signals, alerts, outbox and link as they change, on a terminal, until q or Ctrl-C.",
    )
    top.set_defaults(command=_top)
    _add_place(top)


def _add_place(command: argparse.ArgumentParser) -> None:
    command.add_argument("--status", type=Path, metavar="DIR", help="where its status file lies, if it was told where")


def _status(options: argparse.Namespace) -> int:
    from edge.status.look import NoDaemon, look  # noqa: PLC0415  # `--help` needs none of it
    from edge.status.screen import screen  # noqa: PLC0415  # as above
    from edge.status.verdict import findings, wrong  # noqa: PLC0415  # as above

    try:
        looked = look(_folders(options))
    except NoDaemon as none:
        print(f"telltale-edge: {none}", file=sys.stderr)
        return EXIT_NO_DAEMON
    if options.json:
        sys.stdout.write(looked.as_json)
    if looked.is_old:
        print(f"telltale-edge: {looked.why_old}", file=sys.stderr)
        return EXIT_NO_DAEMON
    status = looked.status
    if not options.json:
        sys.stdout.write(screen(status, looked.age_s or 0.0, is_utf8=_is_utf8()))
    return EXIT_WRONG if wrong(findings(status)) else 0


def _folders(options: argparse.Namespace) -> list[Path]:
    from edge.status.place import folders  # noqa: PLC0415  # as above

    return [options.status] if options.status else folders(os.environ)


def _top(options: argparse.Namespace) -> int:
    try:
        from edge.status.top import top  # noqa: PLC0415  # 10 MB that nothing else pays
    except ModuleNotFoundError as error:
        remedy = "Install telltale[top], or use telltale-edge status"
        raise ConfigError(f"{error.name} is not installed, which top draws with", remedy=remedy) from error
    top(_folders(options))
    return 0


def _is_utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
