"""`telltale-edge install`: its arguments, and whether the daemon that it started is well."""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge.errors import ConfigError

if TYPE_CHECKING:
    from edge.cli_simulate import Commands
    from edge.install.box import Box

EXIT_FAILED: Final = 1
WELL_S: Final = 20.0
"""A daemon that dies does so within seconds."""
LOOK_S: Final = 1.0


def add_install(commands: "Commands") -> None:
    """Add the command."""
    install = commands.add_parser(
        "install",
        help="make a box of this machine: user, folders, units, udev",
        description="Puts the systemd units, network files and udev rules of this version in place and starts the "
        "daemon, from the environment that this program is in. Safe to repeat; an upgrade keeps configuration and "
        "state, and goes back by itself if the new version is not well. See systemd/README.md.",
    )
    install.set_defaults(command=_install)
    add = install.add_argument
    add("--dry-run", action="store_true", help="say what would be done, and do nothing")
    add("--uninstall", action="store_true", help="take it away again; configuration and state stay")
    add("--purge", action="store_true", help="with --uninstall: them too, and the user")
    add("--display", action="store_true", help="the page in the cab as well (extra display)")
    add("--vcan", action="store_true", help="a vcan0 for testers")
    add("--no-start", action="store_true", help="do not start the daemon")
    add("--claim", type=Path, metavar="FILE", help="enrol by it, now or at an image's first boot (claim.toml)")
    add("--root", type=Path, default=Path("/"), metavar="DIR", help="an image that is not running: files alone")


def _install(options: argparse.Namespace) -> int:
    from edge.assets import unit_folder  # noqa: PLC0415  # `--help` needs none of it
    from edge.install.box import Box  # noqa: PLC0415  # as above
    from edge.install.installing import FAILED, install, uninstall  # noqa: PLC0415  # as above
    from edge.install.plan import Options  # noqa: PLC0415  # as above

    if options.purge and not options.uninstall:
        raise ConfigError("takes away what is kept", place="--purge", remedy="Say --uninstall --purge")
    if not options.root.is_dir():
        raise ConfigError("is no folder", file=options.root, place="--root", remedy="Name the root of a mounted image")
    box = Box(options.root)
    if box.is_running and not options.dry_run and os.geteuid() != 0:
        raise ConfigError("only root may", place="install", remedy="sudo telltale-edge install")
    if options.uninstall:
        lines = uninstall(box, is_dry=options.dry_run, purge=options.purge)
    else:
        wanted = Options(
            str(programs_of(options.root)),
            with_display=options.display,
            with_vcan=options.vcan,
            claim=_claim(options.claim),
        )
        lines = install(
            box,
            unit_folder(),
            wanted,
            is_dry=options.dry_run,
            start=not options.no_start,
            is_well=lambda: _why_not_well(box),
        )
    failed = False
    for line in lines:
        print(line, flush=True)
        failed |= line.how == FAILED
    return EXIT_FAILED if failed else 0


def programs_of(root: Path, own: Path = Path(sys.executable).parent) -> Path:
    """Where the units find the programs: in the folder of this one, but in an image where that has its own."""
    from edge.install.plan import SHIPPED_BIN  # noqa: PLC0415  # `--help` needs none of it

    for folder in (own, Path(SHIPPED_BIN)):
        if (root / folder.relative_to("/") / "telltale-edge").exists():
            return folder
    return own


def _claim(file: Path | None) -> bytes | None:
    """A claim that can be used, as it stands in its file."""
    from edge.setup.claim import read_claim  # noqa: PLC0415  # as above

    if file is None:
        return None
    read_claim(file)
    return file.read_bytes()


def _why_not_well(box: "Box") -> str:
    """Why the daemon that was just started is not well; empty: it is there, and stays."""
    asked = ("systemctl", "is-active", "--quiet", "telltale-edge.service")
    until_s = time.monotonic() + WELL_S
    while time.monotonic() < until_s:
        if not box.run(asked).is_well:
            return "it does not stay up: journalctl -u telltale-edge says why"
        time.sleep(LOOK_S)
    return ""
