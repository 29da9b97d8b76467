"""Where the status file lies."""

from pathlib import Path

import pytest

from edge.status.place import FOLDER, file_system_of, folders, is_in_memory
from tests.in_memory import folder_in_memory
from tests.small_disks import small_disk


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, [FOLDER]),
        ({"RUNTIME_DIRECTORY": ""}, [FOLDER]),
        ({"RUNTIME_DIRECTORY": "/run/telltale-edge"}, [FOLDER]),
        ({"RUNTIME_DIRECTORY": "/run/a:/run/b"}, [Path("/run/a"), FOLDER]),
        ({"XDG_RUNTIME_DIR": "/run/user/1000"}, [FOLDER, Path("/run/user/1000/telltale-edge")]),
    ],
)
def test_the_folders_in_their_order(environ: dict[str, str], wanted: list[Path]) -> None:
    assert folders(environ) == wanted


def test_a_folder_in_memory_is_known_as_one() -> None:
    with folder_in_memory() as folder:
        assert is_in_memory(folder)


def test_a_disk_is_none(tmp_path: Path) -> None:
    with small_disk("ext4", tmp_path, 24) as disk:
        assert file_system_of(disk) == "ext4"
        assert is_in_memory(disk) is False


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        is_in_memory(tmp_path / "none")
