"""`telltale-edge updates`: its arguments."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge.arguments import STATE

if TYPE_CHECKING:
    from edge.cli_simulate import Commands


def add_updates(commands: "Commands") -> None:
    """Add the command."""
    updates = commands.add_parser(
        "updates",
        help="which bundle runs, and what became of each",
        description="Tells which bundle this box runs, what it tries or fetches, and what happened before. "
        "Nothing is changed, and the daemon may run meanwhile; but for --back, for which it has to be stopped.",
    )
    updates.add_argument("--state", type=Path, default=STATE, metavar="DIR", help=f"the state; {STATE} unless given")
    updates.add_argument("--json", action="store_true", help="for a program")
    updates.add_argument(
        "--back", action="store_true", help="run what the installer has set up, from the next start on"
    )
    updates.set_defaults(command=_updates)


def _updates(options: argparse.Namespace) -> int:
    from edge.updating import go_back, listing  # noqa: PLC0415  # `--help` needs none of it

    if options.back:
        sys.stdout.write(go_back(options.state))
    else:
        sys.stdout.write(listing(options.state, as_json=options.json))
    return 0
