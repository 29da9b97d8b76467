"""`telltale-edge outbox`: its arguments."""

import argparse
import sys
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from edge.arguments import STATE

if TYPE_CHECKING:
    from edge.cli_simulate import Commands


def add_outbox(commands: "Commands") -> None:
    """Add the command."""
    outbox = commands.add_parser(
        "outbox",
        help="what waits for the cloud",
        description="Looks into the outbox. Nothing in it is changed, and the daemon may run meanwhile.",
    )
    actions = outbox.add_subparsers(required=True, metavar="ACTION")
    lists = actions.add_parser(
        "list",
        help="kinds, streams and losses",
        description="Tells how much of each kind waits and since when, how far the streams are, and what was lost.",
    )
    lists.add_argument("--json", action="store_true", help="for a program")
    lists.set_defaults(command=_list)
    export = actions.add_parser(
        "export",
        help="the messages as JSON lines",
        description="Writes what waits as one JSON object a line, as the cloud would get it; of captures and telemetry "
        "the block is in it as `block`, in base64. Status 1: of some messages nothing is left to be written.",
    )
    export.add_argument("--kind", action="append", default=[], metavar="KIND", help="only this one; repeatable")
    export.add_argument("--out", type=Path, metavar="FILE.jsonl", help="where; standard output unless given")
    export.set_defaults(command=_export)
    check = actions.add_parser(
        "check",
        help="whether it is whole",
        description="Checks the file, the checksum and the words of every message, numbers and totals. Status 0: all "
        "is well; 1: it is damaged, and each problem is a line; 78: there is no outbox that could be read.",
    )
    check.set_defaults(command=_check)
    for action in (lists, export, check):
        action.add_argument("--state", type=Path, default=STATE, metavar="DIR", help=f"the state; {STATE} unless given")


def _list(options: argparse.Namespace) -> int:
    from edge.outbox_inside import FILE, listing  # noqa: PLC0415  # `--help` needs none of it

    told = listing(options.state / FILE)
    sys.stdout.write(told.as_json() if options.json else told.text())
    return 0


def _export(options: argparse.Namespace) -> int:
    from edge.files import Draft  # noqa: PLC0415  # as above
    from edge.outbox_inside import FILE, exported, kinds_of  # noqa: PLC0415  # as above

    kinds = kinds_of(options.kind)
    left_out = 0
    with closing(Draft(options.out)) if options.out else nullcontext() as draft:
        for line in exported(options.state / FILE, kinds):
            if line is None:
                left_out += 1
            elif draft is None:
                sys.stdout.write(line)
            else:
                with draft.writing() as stream:
                    stream.write(line.encode())
        if draft is not None:
            draft.commit()
    if left_out:
        print(f"telltale-edge: {left_out} messages are damaged and were left out", file=sys.stderr)
    return int(left_out > 0)


def _check(options: argparse.Namespace) -> int:
    from edge.outbox_checked import check  # noqa: PLC0415  # as above
    from edge.outbox_inside import FILE  # noqa: PLC0415  # as above

    told = check(options.state / FILE)
    sys.stdout.write(told.text())
    return int(bool(told.problems))
