"""What is configured to be asked is asked as it is configured; what cannot be is refused before anything starts."""

import threading
from pathlib import Path

import pytest

from edge.asking import asked_buses, asking_of
from edge.bus.spec import SourceSpec
from edge.config import Config, load_config
from edge.config_parts import Bus, Diagnostics
from edge.config_written import to_toml
from edge.errors import ConfigError
from edge.prepare import prepare


def specs_of(config: Config) -> list[SourceSpec]:
    return [SourceSpec.parse(bus.source) for bus in config.bus]


def test_nothing_is_asked_by_default() -> None:
    config = Config()
    assert asked_buses(config, config.bus, specs_of(config), threading.Event(), keeps=False) == {}


@pytest.mark.parametrize("source", ["log:drive.log", "sim:car"])
def test_a_recording_cannot_be_asked(source: str) -> None:
    config = Config(bus=[Bus(source=source, ask="obd")])
    with pytest.raises(ConfigError, match="cannot be asked there"):
        asked_buses(config, config.bus, specs_of(config), threading.Event(), keeps=False)


def test_the_kernel_is_not_to_put_together_what_is_not_its() -> None:
    bus = Bus(source="pythoncan:udp_multicast:239.74.163.28", ask="obd")
    config = Config(bus=[bus], diagnostics=Diagnostics(isotp="kernel"))
    with pytest.raises(ConfigError, match='isotp = "auto"'):
        asked_buses(config, config.bus, specs_of(config), threading.Event(), keeps=False)


def test_what_is_written_is_how_it_is_asked(tmp_path: Path) -> None:
    (tmp_path / "edge.toml").write_text(
        '[[bus]]\nsource = "can:can0"\nask = "obd"\nbitrate = 250000\n'
        "[diagnostics]\nload_percent = 2\nvolts_min = 12.2\nsilent_connector = true\npids = { 0c = 0.5, 0D = 5 }\n"
        '[[did]]\nresponse = "768"\nrequest = "760"\ndid = "F40C"\n'
        'signals = [{ name = "rpm", byte = 0, bits = 16 }]\n'
    )
    config = load_config(tmp_path / "edge.toml")
    asking = asking_of(config, config.bus[0])
    assert (asking.bitrate, asking.share, asking.rates_s) == (250_000, 0.02, {0x0C: 0.5, 0x0D: 5.0})
    assert (asking.manners.asks, asking.manners.gateway, asking.manners.volts_min) == (True, True, 12.2)
    assert [unit.name for unit in asking.permission.units] == ["768"]
    assert not asking.permission.clears


def test_what_is_printed_reads_back_the_same(tmp_path: Path) -> None:
    config = Config.model_validate({"diagnostics": {"pids": {"0c": 1.0}, "silent_connector": True}})
    (tmp_path / "again.toml").write_text(to_toml(config))
    assert load_config(tmp_path / "again.toml").diagnostics == config.diagnostics


@pytest.mark.parametrize(
    "line", ["load_percent = 50", "volts_min = 5", "pids = { zz = 1 }", "pids = { 0C = 0 }", 'isotp = "x"']
)
def test_a_mistake_is_told_with_its_place(line: str, tmp_path: Path) -> None:
    (tmp_path / "edge.toml").write_text(f"[diagnostics]\n{line}\n")
    with pytest.raises(ConfigError, match=f"diagnostics.{line.split(maxsplit=1)[0]}"):
        load_config(tmp_path / "edge.toml")


def test_a_rule_about_what_is_asked_for_can_fire(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(
        '[[rule]]\nalert = "hot"\nexpr = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature > 120"\n'
        'component = "cooling"\nseverity = "critical"\naction = "stop_now"\nsummary = "s"\ndriver = "d"\n'
    )
    rules = {"detect": {"rules": [str(tmp_path / "rules.toml")]}}
    asks = prepare(Config.model_validate({**rules, "bus": [{"source": "can:can0", "ask": "obd"}]}))
    silent = prepare(Config.model_validate({**rules, "bus": [{"source": "can:can0"}]}))
    assert not [note for note in asks.notes if "waits for a tester" in note]
    assert [note for note in silent.notes if "waits for a tester" in note]
    assert not [note for note in (*asks.notes, *silent.notes) if "cannot fire" in note]
