"""The status file is whole or not there, whatever its folder does."""

import json
import logging
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.status.file import StatusFile
from edge.status.look import look
from edge.status.place import NAME
from tests.in_memory import folder_in_memory
from tests.small_disks import fill, free_up, remount, small_disk


@pytest.fixture
def folder() -> Iterator[Path]:
    with folder_in_memory() as place:
        yield place


def opened(*folders: Path, is_asked: bool = True) -> closing[StatusFile]:
    return closing(StatusFile(folders, is_asked=is_asked))


def test_it_is_written_taken_away_and_nothing_of_it_is_left(folder: Path) -> None:
    with opened(folder) as file:
        file.write(b"{}")
        assert (folder / NAME).read_bytes() == b"{}"
        file.write(b'{"a": 1}')
        assert (folder / NAME).read_bytes() == b'{"a": 1}'
    assert [one.name for one in folder.iterdir()] == ["status.lock"]


def test_everybody_may_read_it_and_the_daemon_alone_write_it_whatever_the_umask_is(folder: Path) -> None:
    before = os.umask(0o077)
    try:
        with opened(folder) as file:
            file.write(b"{}")
            assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o644
    finally:
        os.umask(before)


def test_readers_meanwhile_never_see_half_of_it(folder: Path) -> None:
    """Each version is of one letter and of another length, so that a mixture or a part would show."""
    over, seen, torn = threading.Event(), set[str](), list[str]()

    def read() -> None:
        while not over.is_set():
            raw = json.loads((folder / NAME).read_bytes())
            seen.add(raw["text"][:1])
            if raw["text"] != raw["text"][:1] * raw["size"]:
                torn.append(raw["text"])

    with opened(folder) as file:
        file.write(version(0))
        readers = [threading.Thread(target=read, daemon=True) for _ in range(3)]
        for reader in readers:
            reader.start()
        for number in range(2000):
            file.write(version(number))
        over.set()
        for reader in readers:
            reader.join()
    assert torn == []
    assert len(seen) > 1


def version(number: int) -> bytes:
    size = 1000 + 37 * (number % 997)
    return json.dumps({"text": chr(97 + number % 26) * size, "size": size}).encode()


def test_a_disk_is_not_worn_out_and_it_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with small_disk("ext4", tmp_path, 24) as disk, opened(disk / "run") as file:
        for _ in range(3):
            file.write(b"{}")
        assert file.file is None
        assert not (disk / "run" / NAME).exists()
    [said] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "is on a disk, which a write each second would wear out" in said.getMessage()


def test_of_several_folders_the_first_that_can_be_used_is(folder: Path, tmp_path: Path) -> None:
    with opened(tmp_path / "not" / "there", folder / "run") as file:
        assert file.file == folder / "run" / NAME


def test_where_nobody_looks_for_it_it_is_no_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), opened(tmp_path / "not" / "there", is_asked=False):
        pass
    [said] = caplog.records
    assert (said.levelno, "No such file" in said.getMessage()) == (logging.INFO, True)


def test_a_second_daemon_leaves_the_first_ones_alone(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with opened(folder) as first:
        first.write(b'{"of": "first"}')
        with opened(folder) as second:
            second.write(b'{"of": "second"}')
        assert (folder / NAME).read_bytes() == b'{"of": "first"}'
        assert "another daemon tells its status there" in caplog.text
    with opened(folder) as third:
        assert third.file is not None


def test_a_full_folder_keeps_the_last_one_and_is_said_once_until_it_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with small_disk("tmpfs", tmp_path, 4) as disk, opened(disk) as file:
        file.write(b'{"number": 1}')
        fill(disk)
        for _ in range(3):
            file.write(json.dumps({"text": "x" * 100_000}).encode())
        assert (disk / NAME).read_bytes() == b'{"number": 1}'
        assert file.failed == 3
        assert caplog.text.count("No space left on device") == 1
        free_up(disk)
        file.write(b'{"number": 2}')
        assert (disk / NAME).read_bytes() == b'{"number": 2}'
        assert caplog.text.count("is written again") == 1


def test_a_folder_that_becomes_read_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with small_disk("tmpfs", tmp_path, 4) as disk:
        with opened(disk) as file:
            file.write(b'{"number": 1}')
            remount(disk, "ro")
            file.write(b'{"number": 2}')
            file.write(b'{"number": 3}')
            assert caplog.text.count("Read-only file system") == 1
            assert look([disk]).raw == {"number": 1}
            remount(disk, "rw")
            file.write(b'{"number": 4}')
            assert look([disk]).raw == {"number": 4}
        with opened(disk):
            remount(disk, "ro")
        remount(disk, "rw")  # closed meanwhile: what cannot be taken away stays, and nothing is raised


def test_a_link_in_its_place_leads_nowhere(folder: Path) -> None:
    """Who may write into the folder must not have the daemon write somewhere else."""
    victim = folder / "victim"
    victim.write_text("untouched")
    with opened(folder) as file:
        (folder / f".{NAME}.part").symlink_to(victim)
        file.write(b"{}")
        assert file.failed == 1
        file.write(b"{}")
        assert (folder / NAME).read_bytes() == b"{}"
    assert victim.read_text() == "untouched"
