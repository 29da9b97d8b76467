"""Compiled databases that are kept: the same as made anew, and not used when what they were made of has changed."""

import re
from pathlib import Path

import numpy as np
import pytest

from edge.config import Config
from edge.decode import kept as kept_module
from edge.decode.database import Database, load_database
from edge.decode.kept import FOLDER, KEPT_MAX, load_kept
from edge.errors import ConfigError
from edge.prepare import prepare
from tests.shared import ROOT

CAR = ROOT / "dbc" / "telltale-car.dbc"


@pytest.fixture
def car(tmp_path: Path) -> Path:
    folder = tmp_path / "dbc"
    folder.mkdir()
    for name in ("telltale-car.dbc", "telltale-car.vss.toml"):
        (folder / name).write_bytes((CAR.parent / name).read_bytes())
    return folder / "telltale-car.dbc"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return tmp_path / "state"


def files(state: Path) -> list[Path]:
    return sorted((state / FOLDER).glob("*"))


def same(one: Database, other: Database) -> bool:
    arrays = zip(one.tables.packed().values(), other.tables.packed().values(), strict=True)
    alike = all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in arrays)
    return alike and (one.file, one.signals, one.remarks) == (other.file, other.signals, other.remarks)


def test_a_second_start_gets_the_same_without_reading_it(
    car: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_kept(car, None, state)
    assert same(first, load_database(car))
    monkeypatch.setattr(kept_module, "load_database", None)  # whoever would read it now fails
    assert same(first, load_kept(car, None, state))
    assert len(files(state)) == 1


@pytest.mark.parametrize("what", ["telltale-car.dbc", "telltale-car.vss.toml", "no mapping", "version"])
def test_what_it_was_made_of_has_changed(car: Path, state: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    load_kept(car, None, state)
    if what == "version":
        monkeypatch.setattr(kept_module, "VERSION", -1)
    elif what == "no mapping":
        (car.parent / "telltale-car.vss.toml").unlink()
    else:
        changed = car.parent / what
        changed.write_text(changed.read_text().replace("CoolantTemp", "CoolantHeat"))
        other = car.parent / ({"telltale-car.dbc", "telltale-car.vss.toml"} - {what}).pop()
        other.write_text(other.read_text().replace("CoolantTemp", "CoolantHeat"))
    assert same(load_kept(car, None, state), load_database(car))
    assert len(files(state)) == 2


def test_who_only_checks_a_configuration_leaves_nothing_in_the_state(car: Path, state: Path) -> None:
    config = Config.model_validate({"bus": [{"source": "sim:car", "dbc": [car]}], "state": {"directory": state}})
    prepare(config)
    assert list(state.iterdir()) == []
    prepare(config, keeps=True)
    assert len(files(state)) == 1


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not a zip", b"\x93NUMPY"])
def test_a_damaged_one_is_made_anew(car: Path, state: Path, damage: bytes) -> None:
    whole = load_kept(car, None, state)
    [file] = files(state)
    file.write_bytes(damage)
    assert same(load_kept(car, None, state), whole)
    assert file.stat().st_size > len(damage)


def test_no_bit_of_it_can_be_turned_without_being_seen(car: Path, state: Path) -> None:
    """Some turn a zip into one of another version, packed in another way or with a password."""
    whole = load_kept(car, None, state)
    [file] = files(state)
    sound = file.read_bytes()
    heads = [found.start() for found in re.finditer(rb"PK\x01\x02|PK\x03\x04|PK\x05\x06", sound)]
    for place in [*(head + at for head in (heads[0], heads[-2], heads[-1]) for at in range(4, 12)), len(sound) - 1]:
        for bit in range(8):
            file.write_bytes(sound[:place] + bytes([sound[place] ^ 1 << bit]) + sound[place + 1 :])
            assert same(load_kept(car, None, state), whole)
            assert file.read_bytes() == sound, "made anew"


def test_a_state_that_is_not_there_costs_nothing_but_time(car: Path, tmp_path: Path) -> None:
    assert same(load_kept(car, None, tmp_path / "none"), load_database(car))
    assert not (tmp_path / "none").exists()


def test_the_ones_used_longest_ago_are_forgotten(car: Path, state: Path) -> None:
    text = car.read_text()
    for number in range(KEPT_MAX + 3):
        car.write_text(f'{text}\nCM_ "{number}";\n')
        load_kept(car, None, state)
    assert len(files(state)) == KEPT_MAX


def test_a_database_that_is_missing_is_said_so(tmp_path: Path, state: Path) -> None:
    with pytest.raises(ConfigError, match="no such database"):
        load_kept(tmp_path / "none.dbc", None, state)
    assert files(state) == []
