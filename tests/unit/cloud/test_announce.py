"""The file that says where the service is."""

import json
import os
from pathlib import Path

import pytest

from cloud.announce import announced, check_announce
from cloud.errors import ConfigError


def test_it_is_there_as_long_as_the_service(tmp_path: Path) -> None:
    file = tmp_path / "where.json"
    check_announce(file)
    with announced(file, api="http://127.0.0.1:1", broker="mqtt://127.0.0.1:2"):
        said = json.loads(file.read_text())
        assert said == {"api": "http://127.0.0.1:1", "broker": "mqtt://127.0.0.1:2", "pid": os.getpid()}
        assert list(tmp_path.iterdir()) == [file]
    assert list(tmp_path.iterdir()) == []


def test_nobody_needs_it() -> None:
    check_announce(None)
    with announced(None, api="", broker=""):
        pass


def test_a_place_where_it_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder to write in"):
        check_announce(tmp_path / "none" / "where.json")
    with pytest.raises(ConfigError, match="is a folder"):
        check_announce(tmp_path)
