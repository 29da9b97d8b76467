"""`telltale-edge dtc`: its arguments."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.arguments import STATE
from edge.errors import ConfigError

if TYPE_CHECKING:
    from edge.cli_simulate import Commands
    from edge.codes.explain import Explanation


def add_dtc(commands: "Commands") -> None:
    """Add the command."""
    dtc = commands.add_parser("dtc", help="what trouble codes mean", description="What trouble codes mean.")
    actions = dtc.add_subparsers(required=True, metavar="ACTION")
    explain = actions.add_parser(
        "explain",
        help="say what codes mean",
        description="Says what codes mean: our own words first, then those of an imported table. What nobody knows is "
        "called unknown. Status 0: every code has a meaning; 1: of one only the form is known.",
    )
    explain.add_argument("codes", nargs="+", metavar="CODE", help="P0301, P0A09-1C, 'SPN 110 FMI 0', 110/0")
    explain.add_argument("--maker", default="", metavar="M", help="whose own codes they are, as the table names it")
    explain.add_argument("--json", action="store_true", help="for a program")
    explain.set_defaults(command=_explain)
    bring = actions.add_parser(
        "import",
        help="take a table of codes that you have",
        description="Reads a table of codes (CSV with a header, or SQLite) and keeps it beside the state. It replaces "
        "the one imported before. Bad rows are counted, and the first of them named.",
    )
    bring.add_argument("file", type=Path, metavar="FILE", help="columns code, description, and manufacturer if any")
    bring.add_argument("--out", type=Path, metavar="FILE", help="keep it here instead")
    bring.set_defaults(command=_import)
    explain.add_argument("--table", type=Path, metavar="FILE", help="the imported table, where it is not in the state")
    for action in (explain, bring):
        action.add_argument("--state", type=Path, default=STATE, metavar="DIR", help=f"the state; {STATE} unless given")


def _explain(options: argparse.Namespace) -> int:
    from edge.codes.explain import Catalogue  # noqa: PLC0415  # `--help` needs none of it
    from edge.dtc_import import KEPT_NAME, load_kept  # noqa: PLC0415  # likewise

    catalogue = Catalogue(load_kept(options.table or options.state / KEPT_NAME))
    try:
        told = [catalogue.explain(code, maker=options.maker) for code in options.codes]
    except ValueError as error:
        raise ConfigError(str(error), file="arguments", remedy="See telltale-edge dtc explain --help") from error
    if options.json:
        sys.stdout.write(json.dumps([_plain(one) for one in told], ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.writelines(one.text() + "\n" for one in told)
    return int(any(one.meaning is None for one in told))


def _import(options: argparse.Namespace) -> int:
    from edge.dtc_import import KEPT_NAME, keep, read_table  # noqa: PLC0415  # `--help` needs none of it

    brought = read_table(options.file)
    kept = options.out or options.state / KEPT_NAME
    keep(brought, options.file, kept)
    sys.stdout.write(f"{brought.text()}kept in {kept}\n")
    return 0


def _plain(told: "Explanation") -> dict[str, Any]:
    return {**asdict(told), "source": told.source.value}
