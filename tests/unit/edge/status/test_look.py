"""Reading the file: how old it is by a clock that nobody sets, and whatever else it may be."""

import json
import os
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.errors import EdgeError
from edge.status.boot import boot_s, own_start
from edge.status.look import BYTES_MAX, OLD_S, NoDaemon, look
from edge.status.place import NAME
from edge.status.told import Status
from tests.unit.edge.status.a_status import well


def written(folder: Path, **changed: Any) -> Path:
    raw = json.loads(well(written__pid=os.getpid(), written__process_start=own_start()).as_json())
    raw["written"] |= changed
    (folder / NAME).write_text(json.dumps(raw))
    return folder


def test_a_status_is_read_as_it_was_written(tmp_path: Path) -> None:
    looked = look([written(tmp_path)])
    assert looked.status.daemon == well().daemon
    assert looked.age_s is not None
    assert 0.0 <= looked.age_s < OLD_S
    assert (looked.is_old, looked.is_running) == (False, True)


def test_what_the_wall_clock_said_does_not_matter(tmp_path: Path) -> None:
    for at in ("1970-01-01T00:00:00Z", "2099-01-01T00:00:00Z"):
        assert not look([written(tmp_path, at=at)]).is_old


def test_one_that_nobody_writes_any_more_is_old(tmp_path: Path) -> None:
    looked = look([written(tmp_path, boot_s=boot_s() - 3 * OLD_S)])
    assert looked.age_s == pytest.approx(3 * OLD_S, abs=1.0)
    assert looked.is_old
    assert "hangs" in looked.why_old


def test_of_a_process_that_is_gone_or_another_one(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    for changed in ({"pid": ended.pid}, {"process_start": 1}):
        looked = look([written(tmp_path, boot_s=boot_s() - 30.0, **changed)])
        assert looked.is_running is False
        assert looked.why_old == "no daemon runs: the last one told something 30 s ago, and its process is gone"


@pytest.mark.parametrize(
    "changed", [{"boot_id": "of another start"}, {"boot_id": None}, {"boot_s": 1e12}, {"boot_s": "x"}]
)
def test_one_of_before_the_machine_was_started_has_no_age(tmp_path: Path, changed: dict[str, Any]) -> None:
    looked = look([written(tmp_path, **changed)])
    assert looked.age_s is None
    assert looked.is_old
    assert "before this machine was started" in looked.why_old


def test_json_is_the_file_and_its_age(tmp_path: Path) -> None:
    looked = look([written(tmp_path)])
    told = json.loads(looked.as_json)
    assert next(iter(told)) == "age_s"
    assert told.pop("age_s") == round(looked.age_s or 0.0, 2)
    assert told == json.loads((tmp_path / NAME).read_text())


def test_the_first_folder_that_has_one_is_looked_at(tmp_path: Path) -> None:
    written(tmp_path)
    assert look([tmp_path / "none", tmp_path / NAME, tmp_path]).file == tmp_path / NAME


def test_without_a_file_no_daemon_runs(tmp_path: Path) -> None:
    with pytest.raises(NoDaemon, match=rf"there is no {tmp_path}/{NAME} or {tmp_path}/b/{NAME}\. Start one"):
        look([tmp_path, tmp_path / "b"])


def test_a_newer_form_is_not_guessed_at_and_shown_all_the_same(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text('{"schema": "status/9", "written": {}, "brand": "new"}')
    looked = look([tmp_path])
    with pytest.raises(EdgeError, match=r"says 'status/9', and this version reads 'status/1'\. Use the telltale-edge"):
        _ = looked.status
    assert json.loads(looked.as_json)["brand"] == "new"


def test_fields_of_a_later_version_of_this_form_are_passed_over(tmp_path: Path) -> None:
    raw = json.loads(well().as_json())
    raw["later"], raw["daemon"]["mood"] = [1], "good"
    (tmp_path / NAME).write_text(json.dumps(raw))
    assert look([tmp_path]).status.daemon == well().daemon


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"7" * 5000, b"{}" + bytes(BYTES_MAX)]
)
def test_what_is_no_status_is_said_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(EdgeError, match=rf"{NAME}: is no status of a daemon .*Restart the daemon"):
        look([tmp_path])


def test_a_part_that_lacks_is_named(tmp_path: Path) -> None:
    raw = json.loads(well().as_json())
    del raw["box"]["state_folder"]
    (tmp_path / NAME).write_text(json.dumps(raw))
    with pytest.raises(EdgeError, match=r"box\.state_folder: Field required"):
        _ = look([tmp_path]).status


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(EdgeError, match=r"cannot be read: Is a directory\. Look as the daemon's user"):
        look([tmp_path])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 3000), byte=st.integers(0, 255), cut=st.integers(0, 3000))
def test_whatever_bytes_it_has_nothing_but_a_clear_error_comes_of_it(
    tmp_path: Path, place: int, byte: int, cut: int
) -> None:
    content = bytearray(well().as_json())
    content[place % len(content)] = byte
    (tmp_path / NAME).write_bytes(content[: len(content) - cut % 2 * cut])
    with suppress(NotTheFile):
        read(tmp_path)


class NotTheFile(Exception):
    """An error that names the file."""


def read(folder: Path) -> None:
    try:
        looked = look([folder])
        assert isinstance(looked.as_json + looked.why_old, str)
        assert isinstance(looked.status, Status)
    except EdgeError as error:
        if str(folder / NAME) in str(error):
            raise NotTheFile from error
        raise
