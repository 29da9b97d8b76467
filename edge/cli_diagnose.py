"""`telltale-edge diagnose`: its arguments."""

import argparse
import sys
import uuid
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge.arguments import STATE
from edge.errors import ConfigError

if TYPE_CHECKING:
    from edge.cli_simulate import Commands
    from edge.diagnostics.showing import Explain

BITRATES: Final = {"obd": 500_000, "j1939": 250_000}
"""What most vehicles have (ISO 15765-4, SAE J1939-11)."""
BITRATE_MIN: Final = 5_000
BITRATE_MAX: Final = 1_000_000


def add_diagnose(commands: "Commands") -> None:
    """Add the command."""
    diagnose = commands.add_parser(
        "diagnose",
        help="ask a vehicle for VIN, codes, readiness",
        description="Asks a vehicle who it is and what is wrong with it; it neither wakes nor changes anything.",
    )
    add = diagnose.add_argument
    add("--bus", required=True, metavar="SPEC", help="can:can0, pythoncan:…")
    add(
        "--bitrate",
        type=_bitrate,
        metavar="N",
        help="of the bus, bit/s (500000; of J1939 250000); nothing is set by us",
    )
    add("--ask", choices=["obd", "j1939"], default="obd", help="how: OBD-II and UDS, or J1939 (trucks)")
    add("--isotp", choices=["auto", "kernel", "library"], default="auto", help="what puts long answers together")
    add("--json", action="store_true", help="for a program: everything")
    add("--maker", default="", metavar="M", help="whose own codes they are, as an imported table names it")
    add("--table", type=Path, metavar="FILE", help="the imported table of codes, where it is not in the state")
    add("--state", type=Path, default=STATE, metavar="DIR", help=f"the state; {STATE} unless given")
    add("--clear-codes", action="store_true", help="ERASE the trouble codes; asks on a terminal, or say --yes")
    add("--yes", action="store_true", help="erase without asking")
    add("--silent-connector", action="store_true", help="try 500 and 250 kbit/s, 11 and 29 bits, with one frame each")
    add("--engine-runs", action="store_true", help="you see that it does; without it, nothing silent is asked")
    diagnose.set_defaults(command=_diagnose)


def _bitrate(text: str) -> int:
    """Bit/s of arbitration (ISO 11898-2)."""
    if not text.isdecimal() or not BITRATE_MIN <= int(text) <= BITRATE_MAX:
        raise argparse.ArgumentTypeError(f"{text} is no bit rate: write {BITRATE_MIN} to {BITRATE_MAX}")
    return int(text)


def _diagnose(options: argparse.Namespace) -> int:
    from edge.diagnosing import diagnose  # noqa: PLC0415  # `--help` needs none of it
    from edge.diagnostics.clearing import clear_codes  # noqa: PLC0415  # as above
    from edge.diagnostics.opening import Asking, manners  # noqa: PLC0415  # as above
    from edge.diagnostics.permission import Permission  # noqa: PLC0415  # as above

    if options.clear_codes:
        _must_agree(options)
    asking = Asking(
        source=options.bus,
        manners=manners(),
        bitrate=options.bitrate or BITRATES[options.ask],
        assembling=options.isotp,
        permission=Permission(clears=options.clear_codes),
        identity=uuid.getnode(),
    )
    if options.silent_connector:
        from edge.probing import try_connector  # noqa: PLC0415  # as above

        sys.stdout.write(try_connector(asking, engine_runs=options.engine_runs))
        return 0
    if options.clear_codes:
        sys.stdout.write(clear_codes(asking, options.ask))
    else:
        sys.stdout.write(diagnose(asking, options.ask, in_whose_words(options), as_json=options.json))
    return 0


def in_whose_words(options: argparse.Namespace) -> "Explain":
    """Our own, then those that `dtc import` brought; a table that nobody named is done without when it is spoilt."""
    from edge.codes.explain import Catalogue  # noqa: PLC0415  # `--help` needs none of it
    from edge.dtc_import import KEPT_NAME, load_kept  # noqa: PLC0415  # likewise

    imported = {}
    try:
        imported = dict(load_kept(options.table or options.state / KEPT_NAME))
    except ConfigError as error:
        if options.table is not None:
            raise
        sys.stderr.write(f"telltale-edge: without imported words: {error}\n")
    if options.table is not None and not imported:
        raise ConfigError(
            "no imported table is there", file=options.table, remedy="See telltale-edge dtc import --help"
        )
    return partial(Catalogue(imported).explain, maker=options.maker)


def _must_agree(options: argparse.Namespace) -> None:
    """Nothing is erased by a slip."""
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise ConfigError("codes are erased only when somebody agrees", place="--clear-codes", remedy="Add --yes")
    if input("Erase the trouble codes of this vehicle, and their freeze frames? Write yes: ").strip().lower() != "yes":
        raise ConfigError("nothing was erased", place="--clear-codes", remedy="Write yes to agree")
