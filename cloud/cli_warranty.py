"""The commands about warranty: arguments only."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cloud.errors import ConfigError

if TYPE_CHECKING:
    from cloud.warranty.pack import Report

KEY_DEFAULT: Final = Path("telltale.db.key")
"""Where a service makes its key by default: beside its database."""


def add_commands(commands: Any) -> None:
    """Add them to the parser's commands."""
    warranty = commands.add_parser("warranty", help="look at an evidence pack or at warranty plans")
    actions = warranty.add_subparsers(dest="action", required=True, metavar="ACTION")
    verify = actions.add_parser("verify", help="say whether anything in an evidence pack was changed")
    verify.add_argument("pack", type=Path, metavar="PACK.zip")
    which = verify.add_mutually_exclusive_group()
    which.add_argument(
        "--key", type=Path, default=KEY_DEFAULT, metavar="FILE", help="of the service that made it (%(default)s)"
    )
    which.add_argument("--without-key", action="store_true", help="compare the hashes alone: who made it stays open")
    plans = actions.add_parser("plans", help="check a folder of warranty plans, and list them")
    plans.add_argument("folder", type=Path, metavar="FOLDER")


def warranty(options: argparse.Namespace) -> int:
    """Do what was asked."""
    return _verify(options) if options.action == "verify" else _plans(options.folder)


def _verify(options: argparse.Namespace) -> int:
    """0 where nothing was changed and the seal is ours; 1 where something was."""
    from cloud.warranty.pack import verify_pack  # noqa: PLC0415  # a second on a small machine, and only this needs it
    from cloud.warranty.seal import Seal  # noqa: PLC0415

    seal = None if options.without_key else Seal(_key(options.key))
    report = verify_pack(_read(options.pack), seal)
    print("\n".join(words(report)))
    return 0 if report.is_whole else 1


def words(report: "Report") -> list[str]:
    """What became of a pack, a line for each thing."""
    if report.problem:
        return [f"this is no evidence pack: {report.problem}"]
    lines = [f"{name}: {trouble}" for name, trouble in report.troubles.items()]
    if not report.troubles:
        lines.append(f"claim {report.claim}: all {report.files} files are as the manifest says")
    return [*lines, _SEALS[report.is_sealed], f"evidence {report.evidence}, which the audit has from the submission"]


_SEALS: Final = {
    True: "the manifest is as this service sealed it",
    False: "manifest.json: not sealed by this service, or changed since",
    None: "who made the manifest was not looked at: that takes the service's key",
}


def _plans(folder: Path) -> int:
    from cloud.warranty.plan_files import load_plans  # noqa: PLC0415  # the same

    for plan in load_plans(folder):
        print(plan.file, plan.id, f"{len(plan.clauses)} clauses", plan.title, sep="\t")
    return 0


def _key(file: Path) -> bytes:
    if not file.exists():
        remedy = "Name it with --key, or compare the hashes alone with --without-key"
        raise ConfigError("there is no such key", file=file, place="--key", remedy=remedy)
    from cloud.security.tokens import signing_key  # noqa: PLC0415  # the same

    return signing_key(file)


def _read(file: Path) -> bytes:
    from cloud.warranty.pack import BYTES_MAX  # noqa: PLC0415  # the same

    try:
        with file.open("rb") as opened:
            return opened.read(BYTES_MAX + 1)
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})", file=file, remedy="Name an evidence pack") from error
