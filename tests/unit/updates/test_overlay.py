"""What a bundle may set of the configuration, and what it may not."""

import re
from pathlib import Path
from typing import Any

import pytest

from edge.config import Config, load_config
from edge.errors import ConfigError
from edge.updates.bringing import SPARE_BYTES
from edge.updates.fetching import PATIENCE_MAX_S, PATIENCE_S, STRETCH_BYTES
from edge.updates.journal import STARTS_MAX
from edge.updates.overlay import FILE, read_overlay
from edge.updates.unpack import FILES_MAX, UNPACKED_BYTES_MAX
from edge.updates.updates import LATER_S
from edge.wire.overlay import MAY_SET
from tests.shared import ROOT

BASE = """
[vehicle]
fleet = "depot"
id = "van-7"
[link]
broker = "mqtts://cloud:8883"
[[bus]]
name = "engine"
dbc = ["own.dbc"]
[[bus]]
name = "body"
source = "can:can1"
[cab.speech]
player = ["aplay", "-q"]
[memory]
summary_s = 30
"""
RULE = '[[rule]]\nalert = "hot"\nexpr = "Vehicle.Speed > 300"\ncomponent = "x"\nseverity = "info"\naction = "watch"\n'


def slot_with(folder: Path, text: str, **files: str) -> Path:
    """An unpacked bundle; `files` by name, with _ for / and the ending after __."""
    slot = folder / "slot"
    slot.mkdir(exist_ok=True)
    (slot / FILE).write_text(text)
    for name, content in files.items():
        file = slot / name.replace("__", ".").replace("_", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return slot


def configured(folder: Path, text: str, **files: str) -> Config:
    """The installer's configuration with what a bundle sets."""
    base = folder / "edge.toml"
    base.write_text(BASE)
    return load_config(base, read_overlay(slot_with(folder, text, **files)).over)


def refused(folder: Path, text: str, **files: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        configured(folder, text, **files)
    return caught.value


def test_what_is_set_stands_over_what_the_installer_wrote_and_the_rest_stays(tmp_path: Path) -> None:
    text = '[detect]\nrules = ["rules/more.toml", "car"]\n[cab.speech]\nvolume = 40\n'
    text += '[memory]\nsummary_slow = ["Vehicle.Speed"]\n'
    config = configured(tmp_path, text, rules_more__toml=RULE)
    assert config.detect.rules[0] == str((tmp_path / "slot" / "rules" / "more.toml").resolve())
    assert config.detect.rules[1].endswith("/packs/car.toml")
    assert (config.memory.summary_slow, config.memory.summary_s) == (["Vehicle.Speed"], 30)
    assert (config.cab.speech.volume, config.cab.speech.player) == (40, ["aplay", "-q"])
    assert (config.vehicle.id, config.link.broker) == ("van-7", "mqtts://cloud:8883")


def test_a_bus_gets_databases_by_its_name(tmp_path: Path) -> None:
    text = '[[bus]]\nname = "body"\ndbc = ["dbc/body.dbc"]\nmapping = "dbc/body.vss.toml"\n'
    config = configured(tmp_path, text, dbc_body__dbc="", dbc_body__vss__toml="")
    engine, body = config.bus
    assert engine.dbc == [tmp_path.resolve() / "own.dbc"]
    assert (body.source, body.dbc) == ("can:can1", [(tmp_path / "slot" / "dbc" / "body.dbc").resolve()])
    assert body.mapping == (tmp_path / "slot" / "dbc" / "body.vss.toml").resolve()


def test_a_bus_that_the_vehicle_does_not_have_is_named(tmp_path: Path) -> None:
    error = refused(tmp_path, '[[bus]]\nname = "trailer"\ndbc = []\n')
    assert error.place == "bus.1"
    assert "no bus 'trailer'" in str(error)
    assert "'engine', 'body'" in str(error)


def test_a_single_bus_needs_no_name(tmp_path: Path) -> None:
    slot = slot_with(tmp_path, '[[bus]]\ndbc = ["dbc/x.dbc"]\n', dbc_x__dbc="")
    assert read_overlay(slot).over({})["bus"] == [{"dbc": [str((slot / "dbc" / "x.dbc").resolve())]}]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[vehicle]\nid = "other"\n', "vehicle"),
        ('[link]\nbroker = "mqtt://elsewhere"\n', "link"),
        ('[state]\ndirectory = "/tmp/x"\n', "state"),
        ("[outbox]\nreserve_mb = 0\n", "outbox"),
        ('[commands]\nallow = ["clear_codes"]\n', "commands"),
        ("[private]\nhours = []\n", "private"),
        ("[position]\nevery_s = 1\n", "position"),
        ("[status]\nenabled = false\n", "status"),
        ('[detect]\nmodel_keys = ["mine.pem"]\n', "detect.model_keys"),
        ("[diagnostics]\nsilent_connector = true\n", "diagnostics.silent_connector"),
        ('[cab.speech]\nplayer = ["rm", "-rf", "/"]\n', "cab.speech.player"),
        ("[memory]\nframe_ring_mb = 4096\n", "memory.frame_ring_mb"),
        ("[cab.pins]\nenabled = true\n", "cab.pins"),
        ('[[bus]]\nname = "body"\nsource = "can:can9"\n', "bus.source"),
        ('[[bus]]\nname = "body"\nask = "obd"\n', "bus.ask"),
        ("nonsense = 1\n", "nonsense"),
        ("memory = 1\n", "memory"),
        ("bus = 1\n", "bus"),
        ("bus = [1]\n", "bus"),
    ],
)
def test_what_it_may_not_set_is_refused_with_its_place(tmp_path: Path, text: str, place: str) -> None:
    error = refused(tmp_path, text)
    assert (error.place, error.file) == (place, str(tmp_path / "slot" / FILE))


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("[memory]\nsummary_s = 0\n", "memory.summary_s", "greater than or equal to 1"),
        ("[memory\n", "", "is not TOML"),
        ('profile = "/etc/passwd"\n', "profile", "leads out of the bundle"),
        ('[detect]\nrules = ["../own.toml"]\n', "detect.rules.1", "leads out of the bundle"),
        ('[detect]\nmodels = ["models/absent"]\n', "detect.models.1", "there is no 'models/absent' in the bundle"),
        ('[[bus]]\nname = "body"\ndbc = ["~/x.dbc"]\n', "bus.1.dbc.1", "leads out of the bundle"),
        (
            '[[bus]]\nname = "body"\ndbc = [{ file = "dbc/a.dbc", mapping = "/m.toml" }]\n',
            "bus.1.dbc.1.file",
            "there is no 'dbc/a.dbc'",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(tmp_path: Path, text: str, place: str, problem: str) -> None:
    error = refused(tmp_path, text)
    assert (error.place, error.file) == (place, str(tmp_path / "slot" / FILE))
    assert problem in str(error)


def test_a_bundle_without_a_configuration_sets_nothing(tmp_path: Path) -> None:
    tables: dict[str, Any] = {"memory": {"summary_s": 30}}
    assert read_overlay(tmp_path).over(tables) == tables


def test_all_that_may_be_set_is_in_the_configuration_and_nothing_that_identifies_or_connects() -> None:
    tables = {place.partition(".")[0] for place in MAY_SET}
    assert tables <= set(Config.model_fields)
    assert not tables & {"vehicle", "state", "outbox", "link", "commands", "private", "position", "status"}


def test_the_manual_names_all_that_may_be_set() -> None:
    manual = (ROOT / "edge" / "README.md").read_text("utf-8").partition("\n## Updates\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in manual.splitlines() if line.startswith("| ")]
    named = set[str]()
    for table, keys in rows[1:]:
        above = re.sub(r"[^a-z.]", "", table.replace("(top)", "").partition(" by ")[0])
        named |= {f"{above}.{key}".lstrip(".") for key in re.findall(r"`(\w+)`", keys)}
    assert named == MAY_SET


def test_the_manual_says_how_large_a_bundle_may_be() -> None:
    manual = " ".join((ROOT / "edge" / "README.md").read_text("utf-8").split())
    assert f"at most {FILES_MAX:,} files, {UNPACKED_BYTES_MAX >> 20} MiB" in manual
    assert f"stretches of {STRETCH_BYTES >> 10} KiB" in manual
    assert f"{SPARE_BYTES // 1_000_000} MB of the disk are left to others" in manual
    assert (PATIENCE_S, PATIENCE_MAX_S, LATER_S, STARTS_MAX) == (60.0, 1800.0, 300.0, 3)
