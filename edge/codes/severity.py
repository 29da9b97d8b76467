"""How bad it is to drive on."""

from typing import Final, Literal, get_args

Severity = Literal["info", "warning", "critical"]
"""Have it seen to some day; soon; stop."""

SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
