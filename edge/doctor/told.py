"""What the doctor tells a program: `doctor/1`. A field may be added to it, else the number is another."""

import json
from collections.abc import Sequence
from typing import Any, Final

from edge.doctor.check import Result
from edge.doctor.examine import Outcome
from edge.errors import EXIT_CONFIG
from edge.health import edge_version

SCHEMA: Final = "doctor/1"
EXIT_WELL: Final = 0
EXIT_WRONG: Final = 4
"""As `telltale-edge status` has it."""
_CONFIG: Final = "config"


def exit_status(outcomes: Sequence[Outcome]) -> int:
    """0: all is well; 78: the configuration cannot be used; 4: something else is wrong."""
    wrong = {one.check.id for one in outcomes if one.seen.result is Result.WRONG}
    if _CONFIG in wrong:
        return EXIT_CONFIG
    return EXIT_WRONG if wrong else EXIT_WELL


def as_values(outcomes: Sequence[Outcome], at: str) -> dict[str, Any]:
    """All of it; `at`: when it was looked, in UTC by the wall clock."""
    return {
        "schema": SCHEMA,
        "at": at,
        "version": edge_version(),
        "exit_status": exit_status(outcomes),
        "checks": [_check(one) for one in outcomes],
    }


def as_json(outcomes: Sequence[Outcome], at: str) -> str:
    """The same as text."""
    return json.dumps(as_values(outcomes, at), ensure_ascii=False, indent=1) + "\n"


def _check(outcome: Outcome) -> dict[str, Any]:
    seen = outcome.seen
    return {
        "id": outcome.check.id,
        "title": outcome.check.title,
        "bus": seen.subject or None,
        "result": seen.result.value,
        "seen": seen.what,
        "remedy": seen.remedy or None,
        "because": outcome.because or None,
    }
