"""From checks to results: each by itself, causes before effects, so that what is wrong is the cause alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from edge.doctor.check import Check, Result, Seen
from edge.doctor.look import CouldNotLook
from edge.doctor.looks import Looks

NOTHING: Final = Seen(Result.NONE, "there is nothing to look at")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check says in the end."""

    check: Check
    seen: Seen
    because: str = ""
    """The id of the check that is wrong and explains it."""


def examine(checks: Sequence[Check], looks: Looks) -> list[Outcome]:
    """What every check sees, in their order; none raises.

    An effect of something that is wrong does not apply, and says because of what.
    """
    outcomes: list[Outcome] = []
    causes: dict[tuple[str, str], Check] = {}
    for check in checks:
        for seen in list(_judged(check, looks)) or [NOTHING]:
            cause = _cause(check, seen.subject, causes)
            if cause is not None and (seen.result in (Result.WRONG, Result.WARNING) or seen is NOTHING):
                seen_so = replace(seen, result=Result.NONE, remedy="")
                outcomes.append(Outcome(check, seen_so, because=cause.id))
                causes[check.id, seen.subject] = cause
            else:
                outcomes.append(Outcome(check, seen))
                if seen.result is Result.WRONG:
                    causes[check.id, seen.subject] = check
    return outcomes


def _judged(check: Check, looks: Looks) -> Iterator[Seen]:
    try:
        yield from check.judge(looks)
    except CouldNotLook as error:
        yield Seen(Result.WARNING, f"could not look: {error}")
    except Exception as error:  # noqa: BLE001  # one check is lost, and no other
        yield Seen(Result.WARNING, f"could not look: {type(error).__name__}: {error}")


def _cause(check: Check, subject: str, causes: dict[tuple[str, str], Check]) -> Check | None:
    """The check that is wrong and explains it: of the same bus, of the whole box, or, of the whole box, any."""
    for earlier in check.after:
        for (name, of), cause in causes.items():
            if name == earlier and (not subject or of in ("", subject)):
                return cause
    return None
