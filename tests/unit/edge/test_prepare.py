"""What is told at the start: mappings that several databases share, subscriptions, bit rates."""

from pathlib import Path

import pytest

from edge.config import Config
from edge.errors import ConfigError
from edge.prepare import prepare
from tests.unit.edge.databases import HEAD

SPEED = ' SG_ Speed : 0|16@1+ (0.01,0) [0|300] "km/h" X\n'
GEAR = ' SG_ Gear : 0|8@1+ (1,0) [0|9] "" X\n'
SHARED = """[signals]
"A.Speed" = { path = "Vehicle.Speed" }
"B.Gear" = { path = "Vehicle.Powertrain.Transmission.CurrentGear" }
"""


@pytest.fixture
def vehicle(tmp_path: Path) -> Path:
    (tmp_path / "a.dbc").write_text(f"{HEAD}BO_ 256 A: 8 X\n{SPEED}")
    (tmp_path / "b.dbc").write_text(f"{HEAD}BO_ 257 B: 8 X\n{GEAR}")
    (tmp_path / "both.toml").write_text(SHARED)
    return tmp_path


def configured(vehicle: Path, *, bus: dict[str, object] | None = None, **memory: object) -> Config:
    a, b, both = vehicle / "a.dbc", vehicle / "b.dbc", vehicle / "both.toml"
    one = {"source": "can:can0?bitrate=500000", "dbc": [a, b], "mapping": both, **(bus or {})}
    return Config.model_validate({"bus": [one], "memory": memory, "state": {"directory": vehicle}})


@pytest.mark.parametrize("keeps", [False, True])
def test_one_mapping_serves_all_databases_of_a_bus(vehicle: Path, *, keeps: bool) -> None:
    for _ in range(2):
        prepared = prepare(configured(vehicle, subscribe=["Vehicle.Powertrain.Transmission.CurrentGear"]), keeps=keeps)
        assert prepared.notes == []


def test_what_none_of_them_has_is_a_mistake(vehicle: Path) -> None:
    (vehicle / "both.toml").write_text(f'{SHARED}"B.Gears" = {{ path = "Vehicle.OBD.EngineLoad" }}\n')
    with pytest.raises(ConfigError, match=r"a.dbc and b.dbc has no signal .*Did you mean 'B.Gear'"):
        prepare(configured(vehicle))


def test_a_database_may_have_its_mapping_elsewhere(vehicle: Path) -> None:
    (vehicle / "apart.toml").write_text("\n".join(SHARED.splitlines()[:2]))
    own = {"file": vehicle / "a.dbc", "mapping": vehicle / "apart.toml"}
    config = configured(
        vehicle, bus={"dbc": [own, vehicle / "b.dbc"], "mapping": None}, subscribe=["Vehicle.Speed", "dbc.B.Gear"]
    )
    assert prepare(config).notes == []


def test_a_subscription_that_nobody_sends_and_a_rate_that_is_not_the_vehicles_are_told(vehicle: Path) -> None:
    notes = prepare(configured(vehicle, bus={"bitrate": 250_000}, subscribe=["Vehicle.Width", "Vehicle.Speed"])).notes
    assert notes == [
        "can:can0?bitrate=500000: the vehicle's bus has 250000 bit/s, not 500000",
        "nobody sends Vehicle.Width, which is subscribed to",
    ]
    assert prepare(configured(vehicle, bus={"bitrate": 500_000})).notes == []


def test_captures_around_the_alerts_of_a_rule_that_there_is_not_are_told(vehicle: Path) -> None:
    (vehicle / "rules.toml").write_text(
        '[[rule]]\nalert = "fast"\nexpr = "Vehicle.Speed > 100 km/h"\ncomponent = "a"\nseverity = "info"\n'
        'action = "watch"\nsummary = "s"\n'
    )
    config = configured(vehicle)
    config.detect.rules = [str(vehicle / "rules.toml")]
    config.capture.rules = ["fast", "geofence_depot", "fats"]
    assert prepare(config).notes == [
        "no rule is called fats, around whose alerts frames are to be captured ([capture] rules)"
    ]
