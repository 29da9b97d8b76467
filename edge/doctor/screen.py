"""The screen of `telltale-edge doctor`: what is wrong and its remedy first, then every check in a line or a few."""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Final

from edge.doctor.check import Result
from edge.doctor.examine import NOTHING, Outcome
from edge.status.words import counted, plain

WIDTH: Final = 80
MARKS: Final = {Result.WELL: "✓", Result.WRONG: "✗", Result.WARNING: "!", Result.NONE: "\N{EN DASH}"}
_ASCII: Final = {Result.WELL: "+", Result.WRONG: "x", Result.WARNING: "!", Result.NONE: "-"}


def screen(outcomes: Sequence[Outcome], *, is_utf8: bool = True) -> str:
    """The whole screen, at most 80 columns; with plain letters as marks where the terminal has no others."""
    marks = MARKS if is_utf8 else _ASCII
    wrong = [one for one in outcomes if one.seen.result is Result.WRONG]
    doubtful = [one for one in outcomes if one.seen.result is Result.WARNING]
    head = f"{counted(len(wrong), 'THING').upper()} WRONG" if wrong else "NOTHING IS WRONG"
    lines = [f"{head}; {counted(len(doubtful), 'warning')}" if doubtful else head]
    for one in (*wrong, *doubtful):
        lines += _found(one, marks)
    lines.append("")
    titles = {one.check.id: one.check.title for one in outcomes}
    unseen = [one for one in outcomes if one.because and one.seen.what == NOTHING.what]
    for one in outcomes:
        if one not in unseen:
            lines += _line(one, marks, titles)
    for cause in dict.fromkeys(one.because for one in unseen):
        without = ", ".join(one.check.title for one in unseen if one.because == cause)
        told = f"not looked at, because of {titles.get(cause, cause)}: {without}"
        lines += wrap(told, WIDTH, initial_indent=f"{marks[Result.NONE]} ", subsequent_indent="    ")
    text = "\n".join(plain(line) for line in lines) + "\n"
    return text if is_utf8 else text.encode("ascii", "replace").decode()


def _found(one: Outcome, marks: Mapping[Result, str]) -> Iterator[str]:
    yield from wrap(
        f"{_name(one)}: {one.seen.what}", WIDTH, initial_indent=f"{marks[one.seen.result]} ", subsequent_indent="  "
    )
    if one.seen.remedy:
        yield from wrap(
            one.seen.remedy, WIDTH, initial_indent="    > ", subsequent_indent="      ", break_on_hyphens=False
        )


def _line(one: Outcome, marks: Mapping[Result, str], titles: Mapping[str, str]) -> Iterator[str]:
    because = f"; because of: {titles.get(one.because, one.because)}" if one.because else ""
    told = f"{_name(one)}: {one.seen.what}{because}"
    yield from wrap(told, WIDTH, initial_indent=f"{marks[one.seen.result]} ", subsequent_indent="    ")


def _name(one: Outcome) -> str:
    return f"{one.check.title} ({one.seen.subject})" if one.seen.subject else one.check.title
