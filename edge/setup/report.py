"""The report of a setup, for a terminal and for a program (`setup/1`)."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from textwrap import wrap
from typing import Any, Final

from edge.setup.coverage import Coverage

SCHEMA: Final = "setup/1"
SIGNALS_SHOWN: Final = 30
RULES_SHOWN: Final = 20
WIDTH: Final = 100


def text_of(coverage: Coverage) -> Iterator[str]:
    """Line by line; signals and rules beyond what fits are counted."""
    yield f"this vehicle gives {len(coverage.heard)} signals"
    yield from _some(coverage.heard, SIGNALS_SHOWN)
    if coverage.missing:
        yield f"not heard, though known: {len(coverage.missing)}"
        yield from _some(coverage.missing, SIGNALS_SHOWN // 3)
    for one in coverage.blocked:
        yield from wrap(one, WIDTH, initial_indent="in the way: ", subsequent_indent="  ")
    yield f"armed: {len(coverage.armed)} of {len(coverage.armed) + len(coverage.unarmed)} rules"
    yield from _some(coverage.armed, RULES_SHOWN)
    for rule in coverage.unarmed[:RULES_SHOWN]:
        lacks = f": {', '.join(rule.lacks)}" if rule.lacks else ""
        yield from wrap(
            f"{rule.rule}, {rule.why.replace('_', ' ')}{lacks}", WIDTH, initial_indent="not armed: ",
            subsequent_indent="  ", break_long_words=False,
        )  # fmt: skip
    if len(coverage.unarmed) > RULES_SHOWN:
        yield f"not armed: {len(coverage.unarmed) - RULES_SHOWN} more; --json has them all"
    for refused in coverage.refused:
        yield from wrap(refused, WIDTH, initial_indent="cannot be used: ", subsequent_indent="  ")
    yield from wrap(coverage.verdict, WIDTH, initial_indent="verdict: ", subsequent_indent="  ", break_long_words=False)


def json_of(coverage: Coverage, **more: Any) -> str:
    """All of it; `more`: what setup found and did."""
    return json.dumps({"schema": SCHEMA, **more, **asdict(coverage)}, indent=1, ensure_ascii=False) + "\n"


def _some(names: Sequence[str], shown: int) -> Iterator[str]:
    for line in wrap(", ".join(names[:shown]), WIDTH - 2, break_long_words=False, break_on_hyphens=False):
        yield f"  {line}"
    if len(names) > shown:
        yield f"  {len(names) - shown} more; --json has them all"
