"""`telltale-edge dbc`: its arguments."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.cli_simulate import Commands


def add_dbc(commands: "Commands") -> None:
    """Add the command."""
    dbc = commands.add_parser("dbc", help="look at database files", description="Looks at database files.")
    actions = dbc.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser(
        "check",
        help="what of them is read, and what not",
        description="Reads database files (DBC, KCD, SYM, ARXML) with their mappings as the daemon does that has "
        "them all on one bus. Status 0: all of every file is read; 1: something was repaired or skipped; 2: of a file "
        "nothing can be used. What is doubtful is told and changes no status.",
    )
    check.add_argument("files", nargs="+", type=Path, metavar="FILE")
    check.add_argument("--json", action="store_true", help="for a program")
    check.set_defaults(command=_check)


def _check(options: argparse.Namespace) -> int:
    from edge.decode.check import check, report  # noqa: PLC0415  # `--help` needs none of it

    checked = check(options.files)
    sys.stdout.write(report(checked, as_json=options.json))
    return int(max(one.verdict for one in checked))
