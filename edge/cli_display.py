"""`telltale-edge display`: its arguments."""

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge.arguments import STATE
from edge.errors import ConfigError

if TYPE_CHECKING:
    from edge.cli_simulate import Commands

SOCKET: Final = STATE / "cab.sock"
"""As edge/driver/outputs.py has it."""
LISTEN: Final = "127.0.0.1:8090"


def add_display(commands: "Commands") -> None:
    """Add the command."""
    display = commands.add_parser(
        "display",
        help="a page for the cab",
        description="Serves a page for a phone or tablet in the cab: what the daemon on this machine says of the "
        "vehicle, in one glance. Needs no network beside the one to the phone.",
    )
    display.set_defaults(command=_display)
    add = display.add_argument
    add("--socket", type=Path, default=SOCKET, metavar="PATH", help="the daemon's channel (%(default)s)")
    add(
        "--listen",
        default=LISTEN,
        metavar="HOST:PORT",
        help="where browsers find the page (%(default)s); anywhere but on this machine each enters a code once",
    )
    add("--words", type=Path, nargs="+", default=[], metavar="DIR", help="folders with catalogues of your own")
    add("--code", type=_code, metavar="DIGITS", help="6 to 12 digits instead of those made at the first start")


def _code(text: str) -> str:
    if not re.fullmatch(r"[0-9]{6,12}", text):
        raise argparse.ArgumentTypeError("a code has 6 to 12 digits")
    return text


def _display(options: argparse.Namespace) -> int:
    try:
        from edge.display.serve import Listening, serve  # noqa: PLC0415  # other commands need none of it
    except ModuleNotFoundError as error:
        remedy = "Install telltale[edge,display]"
        raise ConfigError(f"{error.name} is not installed, which the display needs", remedy=remedy) from error

    def say(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    serve(options.socket, Listening.of(options.listen), say, code=options.code, words=options.words)
    return 0
