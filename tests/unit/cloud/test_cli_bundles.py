"""The commands about bundles: what they keep, and what they say where that is none."""

from pathlib import Path

import pytest

from cloud.pages import Window
from edge.wire.bundles import BUNDLE_BYTES_MAX
from tests.unit.cloud.bundled import zipped
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.test_bundles import GOOD, lay
from tests.unit.cloud.test_cli import Say
from tests.unit.cloud.test_cli import cloud_says as cloud_says  # noqa: PLC0414 - a fixture, also here


def test_a_folder_and_an_archive_are_kept(cloud: Cloud, cloud_says: Say, tmp_path: Path) -> None:
    folder = lay(tmp_path / "folder", GOOD)
    where = ("--fleet", "north", "--database", cloud.url)
    code, out, err = cloud_says("bundle", "add", folder, "--name", "winter rules", *where)
    [bundle] = cloud.bundles.bundles(Window(), fleet="north", fleets=None).items
    assert (code, err) == (0, "")
    assert out == f"north/{bundle.id} winter rules: 7 files, {bundle.size} bytes, SHA-256 {bundle.sha256}\n"
    assert cloud_says("bundle", "add", folder, "--name", "winter rules", *where)[1] == out
    (tmp_path / "bundle.zip").write_bytes(zipped())
    assert cloud_says("bundle", "add", tmp_path / "bundle.zip", "--name", "other", *where)[0] == 0
    code, out, _ = cloud_says("bundle", "list", *where)
    assert [line.split("\t")[-1] for line in out.splitlines()] == ["other", "winter rules"]
    assert cloud_says("bundle", "list", "--fleet", "south", "--database", cloud.url) == (0, "", "")


@pytest.mark.parametrize(
    ("source", "arguments", "code", "why"),
    [
        ("nowhere", (), 78, "nowhere: cannot be read (No such file or directory). Name a folder, or a zip archive"),
        ("stray", (), 78, "'notes.txt' has no place in a bundle"),
        ("text", (), 1, "no zip archive"),
        ("huge", (), 78, f"{BUNDLE_BYTES_MAX} are the most"),
        ("text", ("--fleet", "a/b"), 78, "--fleet: 'a/b' is no fleet's name"),
        ("text", ("--name", "a\nb"), 78, "--name: no name for a bundle"),
        ("good", ("--database", "sqlite:////nowhere/telltale.db"), 78, "mkdir -p /nowhere"),
    ],
)
def test_what_cannot_be_kept_says_why_in_one_line(
    cloud: Cloud, cloud_says: Say, tmp_path: Path, *, source: str, arguments: tuple[str, ...], code: int, why: str
) -> None:
    lay(tmp_path / "stray", {"notes.txt": b""})
    lay(tmp_path / "good", GOOD)
    (tmp_path / "text").write_text("no archive")
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(BUNDLE_BYTES_MAX + 1)
    found, out, err = cloud_says(
        "bundle", "add", tmp_path / source, "--name", "x", "--fleet", "north", "--database", cloud.url, *arguments
    )
    assert (found, out) == (code, "")
    assert err.startswith("telltale-cloud: ")
    assert why in err
    assert err.count("\n") == 1
    assert cloud.bundles.bundles(Window(), fleet=None, fleets=None).items == []
