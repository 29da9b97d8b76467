"""`telltale-edge enrol`: its arguments."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from edge.arguments import STATE
from edge.errors import ConfigError

if TYPE_CHECKING:
    from edge.cli_simulate import Commands


def add_enrol(commands: "Commands") -> None:
    """Add the command."""
    enrol = commands.add_parser(
        "enrol",
        help="become a vehicle of a fleet, with a code",
        description="Makes this box's key, which never leaves it, and gets it certified. `telltale-cloud vehicle add` "
        "prints the code. Interrupted, the same command goes on. Then start the daemon with --config.",
    )
    enrol.add_argument("--cloud", required=True, metavar="URL", help="https://cloud.example")
    enrol.add_argument("--code", required=True, help="of the fleet; any case, with or without dashes")
    enrol.add_argument(
        "--ca",
        type=Path,
        metavar="FILE",
        help="PEM of who signed the cloud's certificate, if the system does not know them",
    )
    enrol.add_argument("--state", type=Path, default=STATE, metavar="DIR", help=f"the state; {STATE} unless given")
    enrol.set_defaults(command=_enrol)


def _enrol(options: argparse.Namespace) -> int:
    from edge.enrolment.enrol import enrol  # noqa: PLC0415  # cryptography; `--help` needs none of it
    from edge.enrolment.identity import read_private  # noqa: PLC0415  # as above
    from edge.state import ENROLMENT, locked  # noqa: PLC0415  # as above
    from edge.wire.enrolment import read_code  # noqa: PLC0415  # as above

    try:
        code = read_code(options.code)
    except ValueError as error:
        raise ConfigError(str(error), place="--code", remedy="Type it again as it was printed") from error
    ca = "" if options.ca is None else read_private(options.ca)
    if ca is None:
        raise ConfigError("no such file", file=options.ca, place="--ca", remedy="Check the path")
    with locked(options.state), locked(options.state, ENROLMENT):
        identity = enrol(options.state, options.cloud, code, ca=ca)
    name = f"{identity.fleet}/{identity.vehicle}"
    print(f"this box is {name}; broker {identity.broker}; certificate until {identity.ends_at}")
    return 0
