"""`telltale-edge rules`: its arguments."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from edge.cli_simulate import Commands

FAILED: Final = 1


def add_rules(commands: "Commands") -> None:
    """Add the command."""
    rules = commands.add_parser("rules", help="look at rules, and try them out", description="Looks at rule files.")
    actions = rules.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser(
        "check",
        help="whether every rule of them can be used",
        description="Reads rule files (TOML, YAML, or the names of shipped packs) as the daemon does. Status 0: every "
        "rule can be used; 1: some cannot, each told with its line and what to do.",
    )
    check.add_argument("files", nargs="+", metavar="FILE")
    check.add_argument("--profile", help="of the vehicle that they are for: its signals, too, are known then")
    check.add_argument("--dbc", nargs="+", type=Path, default=[], metavar="FILE", help="its databases")
    check.add_argument("--language", metavar="CODE", help="of its cab: what has no translation is told as well")
    check.add_argument("--words", nargs="+", type=Path, default=[], metavar="FOLDER", help="your own catalogues")
    check.add_argument("--json", action="store_true", help="for a program")
    check.set_defaults(command=_check)
    test = actions.add_parser(
        "test",
        help="series in, expected alerts out",
        description="Runs rule tests (TOML or YAML) as the vehicle would. Status 0: all pass; 1: some do not.",
    )
    test.add_argument("files", nargs="+", metavar="FILE")
    test.set_defaults(command=_test)


def _check(options: argparse.Namespace) -> int:
    from edge.detect.rules.spoken import AS_WRITTEN  # noqa: PLC0415  # `--help` needs none of it
    from edge.driver.words import load_words  # noqa: PLC0415
    from edge.trying import look  # noqa: PLC0415

    words = load_words(options.language, options.words) if options.language else AS_WRITTEN
    looked = look(options.files, options.profile, options.dbc, words)
    sys.stdout.write(looked.as_json() if options.json else looked.text())
    return FAILED if looked.refused else 0


def _test(options: argparse.Namespace) -> int:
    from edge.trying import try_files  # noqa: PLC0415  # `--help` needs none of it

    lines = list(try_files(options.files))
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return FAILED if len(lines) > 1 else 0
