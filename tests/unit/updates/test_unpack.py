"""What an archive may be, and what becomes of it on the disk."""

import io
import stat
import struct
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.bundles import archive
from edge.updates import unpack as unpacking
from edge.updates.disk import Disk
from edge.updates.unpack import BadArchive, unpack, unpacked_bytes
from tests.bundles import packed

FILES: dict[str, str | bytes] = {
    "edge.toml": "[memory]\nsummary_s = 30\n",
    "rules/more.toml": "",
    "profiles/van.profile.toml": "heavy = true\n",
    "models/warm/card.json": "{}",
    "models/warm/model.onnx": bytes(range(256)) * 3000,
    "dbc/van.dbc": 'VERSION ""\n',
}


def unpacked(folder: Path, archive: bytes) -> dict[str, bytes]:
    """Every file of what became of it, by name."""
    file, slot = folder / "x.part", folder / "slots" / "a"
    file.write_bytes(archive)
    unpack(file, slot, Disk())
    return {str(one.relative_to(slot)): one.read_bytes() for one in slot.rglob("*") if one.is_file()}


def empty(names: Iterable[str]) -> dict[str, str | bytes]:
    return dict.fromkeys(names, "")


def why(folder: Path, archive: bytes) -> str:
    with pytest.raises(BadArchive) as caught:
        unpacked(folder, archive)
    return str(caught.value)


def one_entry(name: str, content: bytes = b"x", change: Callable[[zipfile.ZipInfo], None] = lambda _: None) -> bytes:
    entry = zipfile.ZipInfo(name)
    change(entry)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(entry, content)
    return file.getvalue()


def test_its_files_and_nothing_else_are_in_the_slot(tmp_path: Path) -> None:
    left = tmp_path / "slots" / "a" / "rules" / "of-before.toml"
    left.parent.mkdir(parents=True)
    left.write_text("")
    archive = packed(FILES)
    found = unpacked(tmp_path, archive)
    assert found == {name: text.encode() if isinstance(text, str) else text for name, text in FILES.items()}
    assert unpacked_bytes(tmp_path / "x.part") == sum(map(len, found.values()))


@pytest.mark.parametrize(
    "name",
    [
        "../edge.toml",
        "/etc/passwd",
        "rules/../../x.toml",
        "rules/",
        "rules/x.yaml",
        "rules/deep/x.toml",
        "models/card.json",
        "models/.hidden/card.json",
        "dbc/deep/x.dbc",
        "other.toml",
        "profiles/a\\b.toml",
        "dbc/" + "x" * 200,
        "dbc/ä.dbc",
    ],
)
def test_a_name_that_has_no_place_is_refused(tmp_path: Path, name: str) -> None:
    assert "has no place in a bundle" in why(tmp_path, one_entry(name))
    assert not (tmp_path / "slots").exists(), "nothing was written"


def test_a_link_is_refused(tmp_path: Path) -> None:
    def link(entry: zipfile.ZipInfo) -> None:
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16

    assert "is a link" in why(tmp_path, one_entry("dbc/x.dbc", b"/etc/passwd", link))


def test_what_is_packed_otherwise_is_refused(tmp_path: Path) -> None:
    def bzip(entry: zipfile.ZipInfo) -> None:
        entry.compress_type = zipfile.ZIP_BZIP2

    assert "not known here" in why(tmp_path, one_entry("dbc/x.dbc", b"x" * 1000, bzip))


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (["dbc/a.dbc", "dbc/A.dbc"], "two files in it have one name"),
        (["profiles/x", "profiles/x/y"], "two files in it have one name"),
    ],
)
def test_names_that_exclude_each_other_are_refused(tmp_path: Path, names: list[str], problem: str) -> None:
    assert problem in why(tmp_path, packed(empty(names)))


def test_how_much_there_is_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "FILES_MAX", 3)
    assert "it holds 4 files" in why(tmp_path, packed(empty(f"dbc/{n}.dbc" for n in range(4))))
    assert "more than 3 files" in why(tmp_path, packed(empty(f"dbc/{n:0>100}.dbc" for n in range(30))))
    monkeypatch.setattr(unpacking, "UNPACKED_BYTES_MAX", 10_000)
    assert "unpacked it is larger" in why(tmp_path, packed({"dbc/x.dbc": "x" * 10_001}))
    assert len(unpacked(tmp_path, packed({"dbc/x.dbc": "x" * 10_000}))) == 1


@pytest.mark.parametrize("declared", [10, 100_000_000])
def test_a_file_that_is_not_as_large_as_it_says_is_refused(tmp_path: Path, declared: int) -> None:
    archive = bytearray(packed({"dbc/x.dbc": "x" * 5000}))
    at = archive.index(b"PK\x01\x02")
    struct.pack_into("<I", archive, at + 24, declared)
    assert why(tmp_path, bytes(archive))


@pytest.mark.parametrize("archive", [b"", b"PK", b"x" * 1000, packed(FILES) + b"behind", packed(FILES)[:-5]])
def test_what_is_no_archive_is_refused(tmp_path: Path, archive: bytes) -> None:
    assert "no zip archive" in why(tmp_path, archive)


def test_a_second_directory_or_one_elsewhere_is_refused(tmp_path: Path) -> None:
    assert "not where it should be" in why(tmp_path, b"before" + packed(FILES))
    archive = packed(FILES)
    assert "not where it should be" in why(tmp_path, archive[:-22] + b"PK\x06\x07" + bytes(16) + archive[-22:])


@given(st.data())
def test_an_archive_that_was_changed_anywhere_is_refused_or_gives_files_in_their_places(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    archive = bytearray(packed({"edge.toml": "a = 1\n" * 20, "dbc/x.dbc": "y" * 300}))
    for _ in range(data.draw(st.integers(1, 4))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    folder = tmp_path_factory.mktemp("any")
    try:
        found = unpacked(folder, bytes(archive))
    except BadArchive:
        found = {}
    assert all(unpacking.ALLOWED.fullmatch(name) for name in found)
    assert {one.name for one in folder.iterdir()} <= {"x.part", "slots"}


def test_the_cloud_lets_in_what_a_vehicle_takes() -> None:
    assert archive._ALLOWED.pattern == unpacking.ALLOWED.pattern
    assert (archive.FILES_MAX, archive.NAME_LENGTH_MAX) == (unpacking.FILES_MAX, unpacking.NAME_MAX)
    assert archive.UNPACKED_BYTES_MAX == unpacking.UNPACKED_BYTES_MAX
