"""Numbers in words, short enough for a narrow screen; and nothing that a terminal would obey."""

from typing import Final

UNKNOWN: Final = "unknown"
_UNITS: Final = ((86_400, "d"), (3600, "h"), (60, "min"))


def span(seconds: float | None) -> str:
    """A stretch of time: `0.4 s`, `35 s`, `3 h 12 min`."""
    if seconds is None:
        return UNKNOWN
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    for place, (unit_s, unit) in enumerate(_UNITS):
        if seconds >= unit_s:
            whole, rest = divmod(int(seconds), unit_s)
            lower_s, lower = _UNITS[place + 1] if place + 1 < len(_UNITS) else (1, "s")
            below = rest // lower_s
            return f"{whole} {unit} {below} {lower}" if below and unit != "min" else f"{whole} {unit}"
    return UNKNOWN


def size(count: float | None) -> str:
    """Bytes: `12 B`, `3.4 kB`, `256 MB`."""
    if count is None:
        return UNKNOWN
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return UNKNOWN


def number(value: float | None, unit: str = "") -> str:
    """A value to six digits with its unit."""
    if value is None:
        return UNKNOWN
    return f"{value:.6g} {unit}".rstrip()


def counted(count: int, what: str) -> str:
    """`1 frame`, `2,000 frames`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def plain(text: str) -> str:
    """Without what a terminal would obey: texts come from rules, databases and buses."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
