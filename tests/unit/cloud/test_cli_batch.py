"""Codes for many vehicles at once: all of them, or none."""

import csv
import stat
from pathlib import Path
from typing import Final

import pytest

from cloud.cli_batch import VEHICLES_MAX, write_codes
from cloud.errors import ConfigError
from cloud.pages import LIMIT_MAX, Window
from edge.wire.enrolment import read_code
from edge.wire.topics import Address
from tests.unit.cloud.doors import Box, deeds
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.services import authority as authority_of_tests
from tests.unit.cloud.test_cli import Say
from tests.unit.cloud.test_cli import cloud_says as cloud_says  # noqa: PLC0414 - a fixture, also here

URL: Final = "https://cloud.example"


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    folder = tmp_path / "authority"
    folder.mkdir()
    authority_of_tests().save(folder, "x" * 24)
    return folder


def add(cloud: Cloud, cloud_says: Say, authority: Path, text: str, *more: str) -> tuple[int, str, str]:
    """Say `vehicle add --from` with a list; the codes go to codes.csv beside the authority."""
    folder = authority.parent
    (folder / "boxes.csv").write_text(text, "utf-8")
    where = ("--authority", str(authority), "--database", cloud.url, "--cloud", URL, "--fleet", "north")
    files = ("--from", str(folder / "boxes.csv"), "--out", str(folder / "codes.csv"))
    return cloud_says("vehicle", "add", *files, *where, *more)


def listed(cloud: Cloud) -> list[str]:
    page = cloud.provisioning.vehicles(Window(LIMIT_MAX))
    return [f"{row.standing.address.fleet}/{row.standing.address.vehicle}" for row in page.items]


def test_each_of_a_list_has_a_code_that_works(cloud: Cloud, cloud_says: Say, authority: Path) -> None:
    text = "\ufeffvehicle,fleet\r\nvan-1,\r\nvan-2,south\r\n van-3 , north \r\n"
    code, out, err = add(cloud, cloud_says, authority, text)
    file = authority.parent / "codes.csv"
    assert (code, err) == (0, "")
    assert out == f"{file}: codes for 3 vehicles. Who has one can be that vehicle.\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert [(row["fleet"], row["vehicle"]) for row in rows] == [
        ("north", "van-1"),
        ("south", "van-2"),
        ("north", "van-3"),
    ]
    assert {row["command"] for row in rows} == {
        f"telltale-edge enrol --cloud {URL} --code {row['code']}" for row in rows
    }
    assert len({row["code"] for row in rows}) == 3
    for row in rows:
        box = Box()
        box.enrol(cloud.provisioning, read_code(row["code"]))
    assert listed(cloud) == ["north/van-1", "north/van-3", "south/van-2"]
    assert len(deeds(cloud, "claim_vehicle")) == 3


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "line 1: its columns are none"),
        ("name\nvan-1\n", "line 1: its columns are name. Begin it with a line of column names: vehicle"),
        ("vehicle,Fleet\nvan-1,south\n", "line 1: its columns are vehicle, Fleet"),
        ("vehicle,vehicle\nvan-1,van-2\n", "line 1: its columns are vehicle, vehicle"),
        ("vehicle\n", "there is no vehicle in it"),
        ("vehicle\nvan-1\nvan 2\n", "line 3: 'van 2' is no name"),
        ("vehicle\nvan-1\n,\n", "line 3: more columns than names"),
        ("vehicle,fleet\nvan-1,\nvan-1,north\n", "line 3: north/van-1 stands in line 2 already"),
        ('vehicle\n"van-1\n', "no CSV"),
        ("vehicle\n" + "".join(f"van-{n}\n" for n in range(VEHICLES_MAX + 1)), f"more than {VEHICLES_MAX} vehicles"),
        ("vehicle\n" + "#" * 2**20, "bytes"),
    ],
)
def test_a_list_that_cannot_be_used_gives_nobody_a_code(
    cloud: Cloud, cloud_says: Say, authority: Path, text: str, why: str
) -> None:
    code, out, err = add(cloud, cloud_says, authority, text)
    assert (code, out) == (78, "")
    assert why in err
    assert err.count("\n") == 1
    assert not (authority.parent / "codes.csv").exists()
    assert listed(cloud) == []


def test_one_that_is_let_in_already_stops_all(cloud: Cloud, cloud_says: Say, authority: Path) -> None:
    van = Address("north", "van-2")
    Box().enrol(cloud.provisioning, cloud.provisioning.add(van, by="ada")[0])
    code, _, err = add(cloud, cloud_says, authority, "vehicle\nvan-1\nvan-2\nvan-3\n")
    assert (code, "north/van-2 is let in already" in err) == (1, True)
    assert listed(cloud) == ["north/van-2"]
    assert not (authority.parent / "codes.csv").exists()


def test_a_file_that_is_there_is_not_written_over(cloud: Cloud, cloud_says: Say, authority: Path) -> None:
    assert add(cloud, cloud_says, authority, "vehicle\nvan-1\n")[0] == 0
    before = (authority.parent / "codes.csv").read_text()
    code, _, err = add(cloud, cloud_says, authority, "vehicle\nvan-2\n")
    assert (code, "--out: is there already" in err) == (78, True)
    assert (authority.parent / "codes.csv").read_text() == before
    assert listed(cloud) == ["north/van-1"]


def test_codes_that_cannot_be_written_are_said_to_be_lost(cloud: Cloud, authority: Path) -> None:
    def full() -> list[object]:
        raise OSError(28, "No space left on device")

    with pytest.raises(ConfigError, match=r"No space left on device\), and nobody has them.*run it again"):
        write_codes(authority.parent / "codes.csv", full, str)  # type: ignore[arg-type]
    assert not (authority.parent / "codes.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "ID: which vehicle?"),
        (("van-1", "--from", "x.csv", "--out", "y.csv"), "--from: one vehicle or many?"),
        (("--from", "x.csv"), "--from: one vehicle or many?"),
        (("--from", "/nowhere/x.csv", "--out", "y.csv"), "/nowhere/x.csv, --from: cannot be read (No such file"),
    ],
)
def test_what_is_wanted_must_be_clear(cloud: Cloud, cloud_says: Say, arguments: tuple[str, ...], why: str) -> None:
    code, _, err = cloud_says("vehicle", "add", *arguments, "--database", cloud.url)
    assert (code, why in err) == (78, True), err
