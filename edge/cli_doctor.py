"""`telltale-edge doctor`: its arguments."""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from edge.cli_simulate import Commands

LISTEN_MIN_S: Final = 0.5
LISTEN_MAX_S: Final = 15.0
LISTEN_S: Final = 3.0


def add_doctor(commands: "Commands") -> None:
    """Add the command."""
    doctor = commands.add_parser(
        "doctor",
        help="what keeps this box from its work, and what to do",
        description="Looks at everything that a box needs, from its supply to the cloud, listens to its buses for some "
        "seconds, and names what is wrong and what to do about it; what is explained by something else that is wrong "
        "is not told as wrong. It changes nothing and says nothing on a bus. Status 0: nothing is wrong; 4: something "
        "is; 78: the configuration cannot be used. Run it as root, who may see everything. See systemd/README.md.",
    )
    doctor.set_defaults(command=_doctor)
    add = doctor.add_argument
    add("--config", type=Path, metavar="FILE", help="the daemon's, or /etc/telltale/edge.toml, unless given")
    add("--json", action="store_true", help="for a program: every check")
    add("--bundle", type=Path, metavar="FILE.tar.gz", help="also a file for whoever helps, without secrets and places")
    add("--listen", type=_seconds, default=LISTEN_S, metavar="S", help="how long to listen to buses (3)")
    add("--status", type=Path, metavar="DIR", help="where the daemon's status file lies, if it was told where")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not LISTEN_MIN_S <= seconds <= LISTEN_MAX_S:
        raise argparse.ArgumentTypeError(f"{text}: write {LISTEN_MIN_S:g} to {LISTEN_MAX_S:g} seconds")
    return seconds


def _doctor(options: argparse.Namespace) -> int:
    from edge.doctor.every import CHECKS  # noqa: PLC0415  # `--help` needs none of it
    from edge.doctor.examine import examine  # noqa: PLC0415  # as above
    from edge.doctor.eyes import Eyes  # noqa: PLC0415  # as above
    from edge.doctor.screen import screen  # noqa: PLC0415  # as above
    from edge.doctor.told import as_json, exit_status  # noqa: PLC0415  # as above
    from edge.status.place import folders  # noqa: PLC0415  # as above

    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    where = [options.status] if options.status else folders(os.environ)
    looks = Eyes(config_file=options.config, status_folders=where, listen_s=options.listen).looks()
    outcomes = examine(CHECKS, looks)
    if options.bundle:
        from edge.doctor.bundle import write_bundle  # noqa: PLC0415  # as above

        write_bundle(options.bundle, looks, outcomes, at)
        print(f"telltale-edge: written: {options.bundle}; look into it before you give it away", file=sys.stderr)
    sys.stdout.write(as_json(outcomes, at) if options.json else screen(outcomes, is_utf8=_is_utf8()))
    return exit_status(outcomes)


def _is_utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
