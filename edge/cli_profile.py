"""`telltale-edge profile`: its arguments."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.cli_simulate import Commands


def add_profile(commands: "Commands") -> None:
    """Add the command."""
    profile = commands.add_parser(
        "profile", help="find what a vehicle needs", description="Finds what a vehicle needs."
    )
    actions = profile.add_subparsers(required=True, metavar="ACTION")
    suggest = actions.add_parser(
        "suggest",
        help="which databases match a recording, and what nobody understands",
        description="Says which databases explain a recording and how sure that is, beside what chance would give; "
        "which protocols are heard; and what is known of ids that no database explains.",
    )
    suggest.add_argument("log_file", type=Path, metavar="LOG", help="a recording of the vehicle")
    suggest.add_argument(
        "--dbc", nargs="+", type=Path, default=[], metavar="FILE|FOLDER", help="databases (the shipped ones)"
    )
    suggest.add_argument("--json", action="store_true", help="for a program: everything")
    suggest.add_argument("--out", type=Path, metavar="NAME.profile.toml", help="also write a profile to begin with")
    suggest.set_defaults(command=_suggest)


def _suggest(options: argparse.Namespace) -> int:
    from edge.suggesting import suggest_for  # noqa: PLC0415  # `--help` needs none of it

    sys.stdout.write(suggest_for(options.log_file, options.dbc, as_json=options.json, out=options.out))
    return 0
