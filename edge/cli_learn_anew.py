"""`telltale-edge learn-anew`: its arguments."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.cli_simulate import Commands


def add_learn_anew(commands: "Commands") -> None:
    """Add the command."""
    anew = commands.add_parser(
        "learn-anew",
        help="after a sensor was replaced: learn the vehicle from the beginning",
        description="Lays aside what a model has learned of this vehicle. Stop the daemon first; from its next start "
        "on the vehicle is learned as a new one, and until then the model is silent.",
    )
    anew.add_argument("name", help="of the model, as the report and the health message call it")
    anew.add_argument("--state", type=Path, required=True, metavar="DIR", help="state folder of the daemon")
    anew.set_defaults(command=_learn_anew)


def _learn_anew(options: argparse.Namespace) -> int:
    from edge.learn_anew import learn_anew  # noqa: PLC0415  # `--help` needs none of it

    sys.stdout.write(learn_anew(options.name, options.state))
    return 0
