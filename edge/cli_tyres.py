"""`telltale-edge tyres`: its arguments."""

import argparse
import json
import re
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge.arguments import positive

if TYPE_CHECKING:
    from edge.cli_simulate import Commands

LISTEN_S: Final = 120.0
FIND: Final = "Let some air out of one tyre: the sensor whose pressure falls is on it. Write it as [[tyres.sensor]]."
NOBODY: Final = (
    "no tyre sensor was heard. Many sleep until the vehicle rolls or the pressure changes: let some air out, drive a "
    "few metres, or listen for longer (--listen)"
)


def add_tyres(commands: "Commands") -> None:
    """Add the command."""
    tyres = commands.add_parser(
        "tyres",
        help="which tyre sensors are heard by Bluetooth",
        description="Listens to Bluetooth and lists the tyre sensors that it hears, each time that its pressure has "
        "changed. Beside a running daemon, too. Status 1: none was heard.",
    )
    tyres.add_argument("--adapter", type=_adapter, metavar="HCI", help="hci0 unless given or configured")
    tyres.add_argument("--listen", type=positive, default=LISTEN_S, metavar="S", help=f"for so long; {LISTEN_S:g} s")
    tyres.add_argument("--config", type=Path, metavar="FILE", help="says which are on a wheel already")
    tyres.add_argument("--json", action="store_true", help="a line of JSON for each")
    tyres.set_defaults(command=_tyres)


def _adapter(text: str) -> str:
    if re.fullmatch(r"hci[0-9]{1,3}", text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no Bluetooth adapter, such as hci0")
    return text


def _tyres(options: argparse.Namespace) -> int:
    from edge.config import Config, load_config  # noqa: PLC0415  # `--help` needs none of it
    from edge.tyres.bluez import Bluez, refuse_without_library  # noqa: PLC0415  # likewise
    from edge.tyres.listing import Listing, lines  # noqa: PLC0415  # likewise

    refuse_without_library("tyres")
    settings = (load_config(options.config) if options.config else Config()).tyres
    adapter = options.adapter or settings.source.partition(":")[2] or "hci0"
    listing = Listing({one.wheel: one.address for one in settings.sensor})
    radio = Bluez(adapter)
    try:
        print(FIND, file=sys.stderr)
        for line in lines(radio, listing, until_s=time.monotonic() + options.listen, now_s=time.monotonic):
            told = json.dumps({"schema": "tyres/1", **asdict(line)}) if options.json else line.text()
            print(told, flush=True)
    except KeyboardInterrupt:
        pass
    finally:
        radio.close()
    if not listing.counters["sensors"]:
        print(f"telltale-edge: {NOBODY}; {listing.counters['others']} other advertisements came", file=sys.stderr)
    return int(not listing.counters["sensors"])
