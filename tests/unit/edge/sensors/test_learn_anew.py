"""A vehicle is learned anew on request, never under a daemon that runs, and what was known is not lost."""

from pathlib import Path

import pytest

from edge.cli import main
from edge.errors import EXIT_CONFIG, ConfigError
from edge.learn_anew import learn_anew
from edge.state import locked


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "obd_sensors.learned").write_bytes(b"ten hours")
    return tmp_path


def test_what_was_learned_is_laid_aside(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn-anew", "obd_sensors", "--state", str(state)]) == 0
    assert not (state / "obd_sensors.learned").exists()
    assert (state / "obd_sensors.learned.before").read_bytes() == b"ten hours"
    assert capsys.readouterr().out.startswith("obd_sensors learns this vehicle anew from the next start on. ")


def test_a_daemon_that_runs_on_this_state_keeps_it(state: Path) -> None:
    with locked(state), pytest.raises(ConfigError, match="another telltale-edge uses this state folder"):
        learn_anew("obd_sensors", state)
    assert (state / "obd_sensors.learned").read_bytes() == b"ten hours"


def test_a_name_that_has_learned_nothing_is_refused_with_those_that_have(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["learn-anew", "coolant", "--state", str(state)]) == EXIT_CONFIG
    assert "Name one of those that have learned: obd_sensors" in capsys.readouterr().err


def test_no_folder_is_made_where_none_was(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        learn_anew("obd_sensors", tmp_path / "typo")
    assert not (tmp_path / "typo").exists()


def test_a_name_is_no_way_out_of_the_folder(state: Path) -> None:
    (state / "inner").mkdir()
    with pytest.raises(ConfigError, match="nothing was learned by a model of the name"):
        learn_anew("../obd_sensors", state / "inner")
    assert (state / "obd_sensors.learned").exists()
