"""A package of virtual sensors that is made in seconds, of two simulated drives of three minutes."""

from pathlib import Path
from typing import Final

from models.cli import main

ENGINE: Final = "Vehicle.Powertrain.CombustionEngine"
RECIPE: Final = f"""
name = "small"
description = "Four signals of a simulated car."
licence = "Apache-2.0"
origin = "the simulator"
unknown = "no answer"
vehicle = "car"
false_per_hour = 0.1

[notice]
component = "sensors"
severity = "info"
action = "next_service"
summary = "The {{signal}} reads {{value}} {{unit}}, not {{threshold}} {{unit}} ({{kind}})"
advice = "Look at it."

[hours]
looking = 0.02
fitting = 0.02
scaling = 0.02
measuring = 0.2

[drives.training]
seeds = [40000, 40002]
minutes = 3
cycles = ["city", "motorway"]

[plan]
running = {{ path = "{ENGINE}.Speed", above = 400.0 }}
settle_s = 10

[[plan.channels]]
name = "speed"
path = "Vehicle.Speed"
unit = "km/h"

[[plan.channels]]
name = "engine_speed"
path = "{ENGINE}.Speed"
unit = "rpm"

[[plan.channels]]
name = "air_flow"
path = "{ENGINE}.MAF"
unit = "g/s"

[[plan.channels]]
name = "fuel_rate"
path = "Vehicle.OBD.FuelRate"
unit = "l/h"

[training]
folds = 2
seed = 1
value = {{ trees = 5, leaves = 6, learning_rate = 0.3, rows_per_leaf = 10 }}
error = {{ trees = 3, leaves = 4, learning_rate = 0.3, rows_per_leaf = 10 }}
"""


def build_small(folder: Path) -> Path:
    """The package, by the one command; its drives lie beside it."""
    recipe, package = folder / "small.toml", folder / "small"
    recipe.write_text(RECIPE, "utf-8")
    arguments = ["build", "small", "--config", str(recipe), "--drives", str(folder / "drives"), "--out", str(package)]
    assert main(arguments) == 0
    return package
