"""What is written can be read, what was there is kept, and what cannot be used never takes its place."""

import itertools
import re
import stat
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest

from edge.config import load_config
from edge.driver.settings import PinSettings, SpeechSettings
from edge.errors import ConfigError
from edge.install.box import Box
from edge.setup.kinds import Ask
from edge.setup.writing import MODE, Choices, Link, checked, config_text, network_text, put
from tests.shared import ROOT

NOW = datetime(2026, 11, 30, 13, 5, 9, tzinfo=UTC)
PLACE = PurePosixPath("etc/telltale/edge.toml")
DBC = ROOT / "dbc" / "telltale-car.dbc"
SHIPPED = (ROOT / "systemd" / "80-can0.network").read_text()


@pytest.mark.parametrize(
    ("profile", "ask", "is_loud"),
    list(itertools.product(["", "telltale-truck", "fms"], ["nothing", "obd", "j1939"], [True, False])),
)
def test_every_choice_is_read_back_as_it_was_made(profile: str, ask: Ask, is_loud: bool, tmp_path: Path) -> None:
    choices = Choices(
        source="can:can0",
        bitrate=250_000,
        profile=profile,
        databases=() if profile else [DBC],
        rules=["obd"] if ask == "obd" else [],
        ask=ask,
        state=tmp_path / 'a "state" ü',
        speech=SpeechSettings(enabled=is_loud, player=["aplay", "-D", 'plug"hw:1']),
        pins=PinSettings(enabled=is_loud, red=17) if is_loud else PinSettings(),
    )
    file = tmp_path / "edge.toml"
    text = config_text(choices, NOW)
    prepared = checked(text, file)
    assert [spec.text for spec in prepared.specs] == ["can:can0"]
    assert list(tmp_path.iterdir()) == []
    file.write_text(text)
    config = load_config(file)
    [bus] = config.bus
    assert (bus.source, bus.bitrate, bus.ask, config.profile) == ("can:can0", 250_000, ask, profile)
    assert config.state.directory == choices.state
    assert config.cab.pins.red == (17 if is_loud else None)
    assert config.cab.speech.enabled is is_loud
    assert not is_loud or config.cab.speech.player == ["aplay", "-D", 'plug"hw:1']
    assert bool(bus.dbc)
    assert any(rule.endswith("obd.toml") for rule in config.detect.rules) is (ask == "obd")


def test_what_cannot_be_used_is_refused_before_it_is_in_place(tmp_path: Path) -> None:
    file = tmp_path / "etc" / "edge.toml"
    with pytest.raises(ConfigError, match="no profile is called 'bicycle'"):
        checked(config_text(Choices("can:can0", profile="bicycle"), NOW), file)
    assert list(file.parent.iterdir()) == []


def test_what_was_there_is_kept_under_a_dated_name_each_time(tmp_path: Path) -> None:
    box = Box(tmp_path)
    assert put(box, PLACE, "one", mode=MODE, now=NOW) == f"/{PLACE}: written"
    assert put(box, PLACE, "one", mode=MODE, now=NOW) == f"/{PLACE}: as it was"
    kept = "edge.toml.2026-11-30T130509Z"
    assert put(box, PLACE, "two", mode=MODE, now=NOW) == f"/{PLACE}: written; the one before is {kept}"
    assert put(box, PLACE, "three", mode=MODE, now=NOW) == f"/{PLACE}: written; the one before is {kept}-2"
    folder = tmp_path / PLACE.parent
    assert {file.name: file.read_text() for file in folder.iterdir()} == {
        "edge.toml": "three",
        kept: "one",
        f"{kept}-2": "two",
    }
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {MODE}


def test_a_shipped_sample_that_nobody_has_touched_is_not_kept(tmp_path: Path) -> None:
    box = Box(tmp_path)
    put(box, PLACE, "sample", mode=MODE, now=NOW)
    assert put(box, PLACE, "own", mode=MODE, now=NOW, shipped=b"sample") == f"/{PLACE}: written"
    assert put(box, PLACE, "next", mode=MODE, now=NOW, shipped=b"sample").endswith(f"{PLACE.name}.2026-11-30T130509Z")


@pytest.mark.parametrize(
    ("link", "wanted"),
    [
        (Link("can0", 500_000, listens_only=True, is_heavy=False), ("can0", "500K", "80%", "yes")),
        (Link("can1", 250_000, listens_only=False, is_heavy=True), ("can1", "250K", "87.5%", "no")),
        (Link("can0", 83_333, listens_only=True, is_heavy=False), ("can0", "83333", "80%", "yes")),
    ],
)
def test_a_link_comes_up_as_it_was_found(link: Link, wanted: tuple[str, ...]) -> None:
    text = network_text(SHIPPED, link)
    found = [re.findall(rf"(?m)^{name}=(.*)$", text) for name in ("Name", "BitRate", "SamplePoint", "ListenOnly")]
    assert found == [[value] for value in wanted]
    assert "A wrong bit rate" not in text
    assert len(text.splitlines()) == len(SHIPPED.splitlines()) - 1
