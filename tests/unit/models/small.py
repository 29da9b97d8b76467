"""A recipe small enough for tests, and synthetic drives as `telltale-edge decode` writes them."""

import csv
import math
from pathlib import Path

import numpy as np

from models.recipe import RECIPES, Recipe, load_recipe

ENGINE = "Vehicle.Powertrain.CombustionEngine"
COOLANT = f"{ENGINE}.EngineCoolant.Temperature"
OIL = f"{ENGINE}.EngineOil.Temperature"
RUNNING = f"{ENGINE}.IsRunning"
FIELDS = ("time", "bus", "message", "signal", "value", "unit", "label")


def small_recipe() -> Recipe:
    """The shipped recipe with a forest that is fitted in a blink."""
    recipe = load_recipe(RECIPES / "coolant.toml")
    forest = recipe.forest.model_copy(
        update={"trees": 30, "leaves": 6, "learning_rate": 0.3, "rows_per_leaf": 10, "sample_s": 1.0}
    )
    judging = recipe.judging.model_copy(update={"for_s": 5.0, "begins_s": (0.0, 60.0)})
    return recipe.model_copy(update={"forest": forest, "judging": judging})


def write_drive(
    file: Path, *, seed: int, seconds: int = 300, leak_at_s: float = math.inf, running: bool = True
) -> Path:
    """A drive of once-a-second samples: coolant follows oil, until it runs away by half a kelvin a second."""
    rng = np.random.default_rng(seed)
    with file.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(FIELDS)
        for second in range(seconds):
            oil = 60.0 + 40.0 * second / seconds + rng.normal(0.0, 0.1)
            excess = 0.5 * max(second - leak_at_s, 0.0)
            values = {
                RUNNING: float(running),
                OIL: oil,
                COOLANT: oil + rng.normal(0.0, 0.3) + excess,
                "Vehicle.Exterior.AirTemperature": 15.0 + rng.uniform(-1.0, 1.0),
                "Vehicle.OBD.IntakeTemp": 25.0 + rng.uniform(-1.0, 1.0),
                "Vehicle.Speed": rng.uniform(0.0, 120.0),
                f"{ENGINE}.Speed": rng.uniform(700.0, 3000.0),
                "Vehicle.OBD.FuelRate": rng.uniform(0.5, 12.0),
                "Vehicle.TraveledDistance": 1000.0 * second,
            }
            for path, value in values.items():
                for tenth in range(10 if path in {RUNNING, "Vehicle.Speed", "Vehicle.OBD.FuelRate"} else 1):
                    rows.writerow((second + tenth / 10 + 0.01, "can0", "Any", path, value, "", ""))
    return file
