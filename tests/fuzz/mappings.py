"""Mappings: whatever is in the file, it is taken or refused with its place and a remedy."""

import math
from typing import Final

from edge.decode.mapping import load_mapping
from edge.errors import ConfigError
from tests.fuzz.dice import Dice
from tests.fuzz.scratch import check_refusal, scratch

KNOWN: Final = ("Engine.Speed", "Engine.Temp", "Body.Odometer")
NAMES: Final = (*KNOWN, "Engine.Sped", "Engine", "", "\\u0000", "x" * 300)
PATHS: Final = (
    "Vehicle.Speed", "Vehicle.Spead", "Vehicle.Telltale.Oddity", "Vehicle", "Vehicle..Speed", "Vehicle." + "A" * 300,
    "vehicle.Speed", "Vehicle.Powertrain.CombustionEngine.Speed",
)  # fmt: skip
NUMBERS: Final = (
    "1.0", "0", "-3.6", "1e308", "1e999", "nan", "inf", "true", '"2"', "9" * 5_000, "0x10", "1979-05-27", "[1]", "{}",
    "9" * 400, "-1", "5e-324",
)  # fmt: skip


def load_any_mapping(content: bytes) -> None:
    """The first byte says whether the rest is the file, or choices of which it is made."""
    dice = Dice(content)
    text = dice.rest() if dice.number(255) % 2 else _made(dice).encode("utf-8", "surrogatepass")
    file = scratch() / "map.vss.toml"
    file.write_bytes(text)
    try:
        mapping = load_mapping(file)
        for entry in mapping.entries.values():
            assert entry.path.startswith("Vehicle.")
            assert math.isfinite(entry.factor)
            assert math.isfinite(entry.offset)
            assert entry.period_s is None or 0 < entry.period_s < math.inf, f"a period of {entry.period_s}"
        mapping.check(KNOWN, file.name)
    except ConfigError as error:
        check_refusal(error, file)


def _made(dice: Dice) -> str:
    lines = ["[signals]"]
    for _ in range(1 + dice.number(3)):
        fields = [f'path = "{dice.pick(PATHS)}"']
        names = [name for name in ("factor", "offset", "period_s", "unit", "other") if dice.chance(3)]
        fields += [f"{name} = {dice.pick(NUMBERS)}" for name in names]
        lines.append(f'"{dice.pick(NAMES)}" = {{ {", ".join(fields)} }}')
    for _ in range(dice.number(2)):
        at = dice.number(len(lines) - 1)
        odd = dice.pick(("[", "]", "{", "=", '"', "\x00", "\\", "#", "\n", "'''", "é", "[[a]]", "a.b.c"))
        lines.insert(at, odd * dice.pick((1, 2, 50, 3_000)) + dice.take(dice.number(7)).decode("latin-1"))
    return "\n".join(lines)
