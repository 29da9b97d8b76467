"""A check: what it looks at, what it may say, and which other checks, if they fail, explain what it sees."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.doctor.looks import Looks


class Result(StrEnum):
    """What came of a check."""

    WELL = "well"
    WRONG = "wrong"
    """Something has to be done."""
    WARNING = "warning"
    """It works, but not for long or not always; or nobody could look."""
    NONE = "none"
    """Does not apply, or is explained by something that is wrong."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one check saw of the whole box, or of one bus."""

    result: Result
    what: str
    remedy: str = ""
    """One of the check's remedies, with names put in; empty where nothing has to be done."""
    subject: str = ""
    """A bus by its name; empty: the whole box."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that can be wrong by itself."""

    id: str
    title: str
    judge: Callable[["Looks"], Iterator[Seen]]
    """From what was looked at to what is seen; may raise CouldNotLook."""
    remedies: tuple[str, ...]
    """Sentences for who stands before the box; `{…}` are names that are put in."""
    after: tuple[str, ...] = ()
    """Checks that come before it; one of them that is wrong, of the same bus or of the whole box, explains this one."""


def well(what: str, subject: str = "") -> Seen:
    """Nothing has to be done."""
    return Seen(Result.WELL, what, subject=subject)


def wrong(what: str, remedy: str, subject: str = "") -> Seen:
    """Something has to be done."""
    return Seen(Result.WRONG, what, remedy, subject)


def warning(what: str, remedy: str, subject: str = "") -> Seen:
    """Something should be done."""
    return Seen(Result.WARNING, what, remedy, subject)


def none(why: str, subject: str = "") -> Seen:
    """It does not apply."""
    return Seen(Result.NONE, why, subject=subject)
