"""GpsdReader: reports of what gpsd tells its clients (gpsd_json(5): a JSON object on each line). Pure."""

import json
import math
from collections import Counter
from datetime import datetime
from typing import Any, Final

from edge.receivers.report import Report

WATCH: Final = b'?WATCH={"enable":true,"json":true};\n'
"""Asks for everything that comes."""
SURE: Final = 2.0
"""gpsd reckons its errors from ranges of 95 % confidence (gpsd.h, H_UERE_NO_DGPS): two standard deviations."""
BAD_LINE: Final = "bad_line"
OTHER_LINE: Final = "other_line"
CAUSES: Final = (BAD_LINE, OTHER_LINE)


class GpsdReader:
    """Takes line after line of one gpsd."""

    def __init__(self) -> None:
        self.counters = Counter(dict.fromkeys(CAUSES, 0))

    def take(self, line: bytes) -> Report | None:
        """The report that a line is; None: it is none, or damaged, which is counted."""
        if not (line := line.strip()):
            return None
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict) or not isinstance(told.get("class"), str):
            self.counters[BAD_LINE] += 1
            return None
        if told["class"] != "TPV":
            self.counters[OTHER_LINE] += 1
            return None
        return _report(told)


def _report(told: dict[str, Any]) -> Report:
    error_m = _number(told, "eph")
    if error_m is None:
        apart = _number(told, "epx"), _number(told, "epy")
        error_m = None if apart[0] is None or apart[1] is None else math.hypot(apart[0], apart[1])
    altitude_m = _number(told, "altMSL")
    mode = told.get("mode")
    return Report(
        mode=mode if isinstance(mode, int) and not isinstance(mode, bool) else 0,
        time_s=_time(told.get("time")),
        latitude_deg=_number(told, "lat"),
        longitude_deg=_number(told, "lon"),
        accuracy_m=None if error_m is None else error_m / SURE,
        altitude_m=_number(told, "alt") if altitude_m is None else altitude_m,
        speed_mps=_number(told, "speed"),
        heading_deg=_number(told, "track"),
    )


def _number(told: dict[str, Any], name: str) -> float | None:
    value = told.get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        number = float(value) if is_number else math.nan  # type: ignore[arg-type]  # looked at above
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _time(text: object) -> float | None:
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None
