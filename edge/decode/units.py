"""Units by their many spellings in database files, and what turns a value of one into a value of another.

Sources: the SI Brochure (9th edition, 2019) and NIST SP 811 (2008), appendix B, whose exact factors are used: inch,
foot, mile, pound, pound-force (from standard gravity), nautical mile. Units that have two meanings are not guessed:
gallons and miles per gallon (US or imperial), g (gram or standard gravity), ton.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: value in the base of its kind = value x factor + offset."""

    name: str
    """As VSS 6.0 spells it, where it has it."""
    kind: str
    factor: Fraction
    offset: Fraction = Fraction(0)


_POUND: Final = Fraction("0.45359237")
_POUND_FORCE: Final = _POUND * Fraction("9.80665")
_DEGREES: Final = Fraction(180 / math.pi)
_TABLE: Final = {
    "speed (m/s)": (
        ("m/s", 1, "mps meter/s m/sec"),
        ("mm/s", Fraction("0.001"), "mm/sec"),
        ("km/h", Fraction(5, 18), "kph kmh kmph km/hr km/std"),
        ("mph", Fraction("0.44704"), "mi/h mile/h miles/h"),
        ("knots", Fraction(1852, 3600), "kn kt knot"),
    ),
    "length (m)": (
        ("m", 1, "meter meters metre metres"),
        ("km", 1000, "kilometer kilometers kilometre"),
        ("cm", Fraction("0.01"), "centimeter"),
        ("mm", Fraction("0.001"), "millimeter millimetre"),
        ("inch", Fraction("0.0254"), "in inches"),
        ("ft", Fraction("0.3048"), "foot feet"),
        ("mile", Fraction("1609.344"), "mi miles"),
    ),
    "pressure (Pa)": (
        ("Pa", 1, "pascal"),
        ("hPa", 100, ""),
        ("kPa", 1000, ""),
        ("mbar", 100, "millibar"),
        ("bar", 100_000, ""),
        ("psi", _POUND_FORCE / Fraction("0.0254") ** 2, "lbf/in^2 lb/in^2"),
        ("mmHg", Fraction("133.322387415"), ""),
    ),
    "volume (l)": (
        ("l", 1, "liter liters litre litres ltr"),
        ("ml", Fraction("0.001"), "milliliter"),
        ("cm^3", Fraction("0.001"), "ccm cm3"),
        ("m^3", 1000, "m3"),
    ),
    "mass (kg)": (
        ("kg", 1, "kilogram"),
        ("t", 1000, "tonne"),
        ("mg", Fraction("0.000001"), ""),
        ("lb", _POUND, "lbs pound pounds"),
    ),
    "energy (J)": (
        ("J", 1, "joule ws"),
        ("kJ", 1000, ""),
        ("Wh", 3600, "w*h"),
        ("kWh", 3_600_000, "kw*h kwhr"),
    ),
    "power (W)": (
        ("W", 1, "watt watts"),
        ("kW", 1000, "kilowatt"),
        ("hp", Fraction("0.3048") * _POUND_FORCE * 550, "horsepower"),
        ("PS", Fraction("735.49875"), "cv"),
    ),
    "torque (Nm)": (
        ("Nm", 1, "n*m n-m n.m n·m newtonmeter"),
        ("kNm", 1000, "kn*m"),
        ("ft-lb", Fraction("0.3048") * _POUND_FORCE, "ftlb ft*lb lb-ft lbft ft.lb ft-lbs lbf*ft ft*lbf"),
    ),
    "angle (degrees)": (
        ("degrees", 1, "deg degree ° º grad"),
        ("rad", _DEGREES, "radian radians"),
        ("mrad", _DEGREES / 1000, ""),
    ),
    "turning (degrees/s)": (
        ("degrees/s", 1, "deg/s degree/s °/s º/s deg/sec degrees/sec dps"),
        ("rad/s", _DEGREES, "rad/sec"),
        ("rpm", 6, "1/min u/min r/min rev/min /min min-1 min^-1 rpms"),
    ),
    "time (s)": (
        ("s", 1, "sec second seconds secs"),
        ("ms", Fraction("0.001"), "msec millisecond milliseconds"),
        ("us", Fraction("0.000001"), "µs μs usec microseconds"),
        ("min", 60, "minute minutes mins"),
        ("h", 3600, "hr hrs hour hours"),
        ("day", 86_400, "d days"),
    ),
    "share (percent)": (
        ("percent", 1, "% pct perc prozent"),
        ("ratio", 100, ""),
        ("permille", Fraction("0.1"), "‰"),
        ("ppm", Fraction("0.0001"), ""),
    ),
    "acceleration (m/s^2)": (("m/s^2", 1, "m/s2 m/s/s mps2 m/sec^2 meter/s2 m/s^2.0"),),
    "force (N)": (("N", 1, "newton"), ("kN", 1000, "")),
    "volume flow (l/h)": (
        ("l/h", 1, "liter/h lph l/hr ltr/h"),
        ("l/s", 3600, ""),
        ("l/min", 60, ""),
        ("ml/s", Fraction("3.6"), ""),
        ("m^3/h", 1000, "m3/h"),
    ),
    "mass flow (g/s)": (
        ("g/s", 1, "g/sec gps"),
        ("kg/h", Fraction(1000, 3600), "kg/hr"),
        ("kg/s", 1000, ""),
        ("g/h", Fraction(1, 3600), "g/hr"),
        ("mg/s", Fraction("0.001"), ""),
    ),
    "fuel economy (km/l)": (("km/l", 1, "km/liter"),),
    "voltage (V)": (("V", 1, "volt volts"), ("mV", Fraction("0.001"), "millivolt"), ("kV", 1000, "")),
    "current (A)": (("A", 1, "amp amps ampere"), ("mA", Fraction("0.001"), "milliamp"), ("kA", 1000, "")),
    "charge (Ah)": (("Ah", 1, "a*h amphour"), ("mAh", Fraction("0.001"), ""), ("As", Fraction(1, 3600), "a*s")),
    "resistance (kOhm)": (("kOhm", 1, "kω kohms"), ("Ohm", Fraction("0.001"), "ω ohms")),
    "frequency (Hz)": (("Hz", 1, "1/s"), ("kHz", 1000, "")),
}
_TEMPERATURES: Final = (
    (Unit("Celsius", "temperature (Celsius)", Fraction(1)), "c °c ºc degc degreec degreesc degcelsius"),
    (
        Unit("Fahrenheit", "temperature (Celsius)", Fraction(5, 9), Fraction(-160, 9)),
        "f °f ºf degf degreesf degfahrenheit",
    ),
    (Unit("K", "temperature (Celsius)", Fraction(1), Fraction("-273.15")), "k kelvin degk"),
)
_EXACTLY: Final = {
    "MPa": Unit("MPa", "pressure (Pa)", Fraction(1_000_000)),
    "MW": Unit("MW", "power (W)", Fraction(1_000_000)),
    "mW": Unit("mW", "power (W)", Fraction("0.001")),
    "MJ": Unit("MJ", "energy (J)", Fraction(1_000_000)),
    "MWh": Unit("MWh", "energy (J)", Fraction(3_600_000_000)),
    "S": Unit("S", "conductance (S)", Fraction(1)),
}
"""Where the case of a letter makes it another unit."""
TWO_MEANINGS: Final = {
    **dict.fromkeys(("gal", "gallon", "gallons", "gal/h", "gph"), "US or imperial gallons"),
    **dict.fromkeys(("mpg", "mi/gal"), "miles per US or imperial gallon"),
    "g": "grams or standard gravity",
    **dict.fromkeys(("ton", "tons"), "metric, long or short tons"),
    "nm": "newton metres or nanometres",
}
"""Not guessed."""


def _units() -> Iterator[tuple[str, Unit]]:
    for kind, rows in _TABLE.items():
        for name, factor, spellings in rows:
            unit = Unit(name, kind, Fraction(factor))
            yield from ((spelling, unit) for spelling in (name.casefold(), *spellings.split()))
    for unit, spellings in _TEMPERATURES:
        yield from ((spelling, unit) for spelling in (unit.name.casefold(), *spellings.split()))


UNITS: Final = dict(_units())
"""By spelling, without blanks and in small letters."""


def unit_of(text: str) -> Unit | None:
    """The unit that is spelled so; None: nobody knows it, or it has two meanings."""
    exact = text.strip()
    if exact in _EXACTLY:
        return _EXACTLY[exact]
    plain = _plain(exact)
    if plain in TWO_MEANINGS and exact != "Nm":
        return None
    return UNITS.get("nm" if exact == "Nm" else plain)


def between(one: Unit, other: Unit) -> tuple[float, float] | None:
    """Factor and offset that turn a value of one unit into one of another; None: they measure different things."""
    if one.kind != other.kind:
        return None
    return float(one.factor / other.factor), float((one.offset - other.offset) / other.factor)


def why_unknown(text: str) -> str:
    """Why a spelling stands for no unit here."""
    two = TWO_MEANINGS.get(_plain(text))
    return f"{text!r} may be {two}" if two else f"{text!r} is no unit that is known here"


def _plain(text: str) -> str:
    return "".join(text.casefold().split()).replace("²", "^2").replace("³", "^3")
