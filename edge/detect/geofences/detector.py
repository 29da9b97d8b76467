"""GeofenceDetector: in which fences the vehicle surely is.

inside    at least as deep behind the border as the position is accurate
outside   at least as far before it
between   its accuracy touches the border: it neither enters nor leaves, so hopping on a border is one enter, one exit

A fence that is too small for that (its largest inner circle is smaller than the accuracy) is entered in its inner half,
as long as the position is no less accurate than that circle is wide. What is passed between two readings is not seen.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.finding import Concern, Finding, Verdict
from edge.detect.geofences.entry import GeofenceEntry
from edge.detect.geofences.outline import Float64s, outline
from edge.detect.geofences.shapes import Circles, Polygons
from edge.errors import ConfigError
from edge.frames import NANOSECONDS
from edge.history import NOTHING, Smoothing, Window
from edge.whereabouts import ACCURACY, Fix

FINEST_M: Final = 5.0
"""A receiver that claims less beside houses is too sure of itself; nobody wants a fence to tell the lane."""
COMPONENT: Final = "place"
Bools = npt.NDArray[np.bool_]


class GeofenceDetector:
    """Judges every fence of one vehicle, anew when its position has changed."""

    name = "geofences"
    smoothings: Sequence[Smoothing] = ()
    paths: Sequence[str] = ()
    wants = NOTHING

    def __init__(self, entries: Sequence[GeofenceEntry], file: Path | str | None = None) -> None:
        """`file`: where they were written.

        Raises:
            ConfigError: two have one name, or a polygon has no inside; with its place and what to do.
        """
        order = sorted(enumerate(entries, 1), key=lambda one: one[1].polygon is not None)
        _check_names(entries, file)
        self._entries = tuple(entry for _, entry in order)
        round_ones = [entry for entry in self._entries if entry.polygon is None]
        self._circles = Circles(
            [entry.centre for entry in round_ones if entry.centre], [entry.radius_m or 0.0 for entry in round_ones]
        )
        self._polygons = Polygons([_outlined(entry, number, file) for number, entry in order if entry.polygon])
        self._inner_m = np.concatenate([self._circles.inner_m, self._polygons.inner_m])
        self._wants_inside = np.array([entry.alert == "inside" for entry in self._entries], np.bool_)
        self._concerns = tuple(_concern(entry) for entry in self._entries)
        self._seen: tuple[Fix | None, str | None] | None = None
        self._found: Sequence[Finding] = ()

    def judge(self, window: Window) -> Sequence[Finding]:
        """Findings as of the window: fences whose condition holds, lingers at the border, or is unknown."""
        fix, doing = window.fix, window.doing
        if self._seen is None or self._seen[0] is not fix or self._seen[1] != doing:
            self._seen = (fix, doing)
            self._found = tuple(self._judged(fix, doing))
        return self._found

    def _judged(self, fix: Fix | None, doing: str | None) -> list[Finding]:
        asked = [entry.only is None or doing is None or entry.only == doing for entry in self._entries]
        if fix is None:
            return [
                Finding(one, Verdict.UNKNOWN) for one, is_asked in zip(self._concerns, asked, strict=True) if is_asked
            ]
        inside, outside = self._sure(fix)
        holds = np.where(self._wants_inside, inside, outside)
        gone = np.where(self._wants_inside, outside, inside)
        found = []
        for index in np.flatnonzero(~gone & np.array(asked, np.bool_)):
            verdict = Verdict.HOLDS if holds[index] else Verdict.LINGERS
            if doing is None and self._entries[index].only is not None:
                verdict = Verdict.UNKNOWN
            found.append(Finding(self._concerns[index], verdict, {ACCURACY: fix.accuracy_m}))
        return found

    def _sure(self, fix: Fix) -> tuple[Bools, Bools]:
        """(N,) surely inside, (N,) surely outside."""
        accuracy_m = max(fix.accuracy_m, FINEST_M)
        place = fix.latitude_deg, fix.longitude_deg
        depths: Float64s = np.concatenate(
            [self._circles.depths(*place), self._polygons.depths(*place, within_m=accuracy_m)]
        )
        inside = (depths >= np.minimum(accuracy_m, self._inner_m / 2)) & (accuracy_m <= 2 * self._inner_m)
        return inside, depths <= -accuracy_m


def _check_names(entries: Sequence[GeofenceEntry], file: Path | str | None) -> None:
    known: set[str] = set()
    for number, entry in enumerate(entries, 1):
        if entry.name in known:
            problem = f"there is another fence {entry.name}"
            raise ConfigError(problem, file=file, place=f"geofence.{number}.name", remedy="Give each its own name")
        known.add(entry.name)


def _outlined(entry: GeofenceEntry, number: int, file: Path | str | None) -> Float64s:
    try:
        return outline(entry.polygon or ())
    except ValueError as error:
        problem, _, remedy = str(error).partition("; ")
        place = f"geofence.{number}.polygon"
        raise ConfigError(
            f"{entry.name} {problem}", file=file, place=place, remedy=remedy[:1].upper() + remedy[1:]
        ) from error


def _concern(entry: GeofenceEntry) -> Concern:
    title = _plain(entry.title or entry.name)
    return Concern(
        rule=entry.rule,
        component=COMPONENT,
        severity=entry.severity,
        action=entry.action,
        summary=f"In {title}" if entry.alert == "inside" else f"Outside {title}",
        advice=_plain(entry.advice),
        driver=_plain(entry.driver),
        for_ns=round(entry.dwell_s * NANOSECONDS),
    )


def _plain(text: str) -> str:
    """A text whose braces are no places to fill."""
    return text.replace("{", "{{").replace("}", "}}")
