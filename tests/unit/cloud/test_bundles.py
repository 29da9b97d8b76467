"""What a bundle may be, how a folder becomes one, and how bundles are kept."""

import hashlib
import io
import os
import stat
import zipfile
from pathlib import Path, PurePosixPath
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.bundles import archive
from cloud.bundles.archive import FILES_MAX, UNPACKED_BYTES_MAX, File, check
from cloud.bundles.packing import pack
from cloud.bundles.service import BundleSettings
from cloud.bundles.store import bundle_pieces, stretch
from cloud.errors import CloudError, ConfigError, Conflict, NotFound, Refused
from cloud.pages import Window
from edge.wire.bundles import BUNDLE_BYTES_MAX, PIECE_BYTES
from tests.shared import ROOT
from tests.unit.cloud.bundled import RULE, RULES, add, begin, look, vans, zipped
from tests.unit.cloud.doors import deeds
from tests.unit.cloud.services import Cloud, open_cloud

GOOD: Final = {
    "edge.toml": b"[capture]\nbefore_s = 20.0\n",
    "rules/coolant.toml": RULES["rules/coolant.toml"],
    "profiles/car/can.toml": b"",
    "profiles/plain.vss.toml": b"",
    "models/battery/model.onnx": b"\x08\x07",
    "models/battery/card.md": b"# Battery",
    "dbc/car.dbc": b'VERSION ""',
}
NAMES: Final = st.sampled_from(sorted({*GOOD, "rules/a.toml", "dbc/b", "profiles/x/y/z", "models/m/n"}))


def entry(name: str, *, mode: int = 0o100644, flags: int = 0, packing: int = zipfile.ZIP_STORED) -> zipfile.ZipInfo:
    one = zipfile.ZipInfo(name)
    one.create_system, one.external_attr, one.flag_bits, one.compress_type = 3, mode << 16, flags, packing
    return one


def of_entries(*entries: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as new:
        for one, content in entries:
            new.writestr(one, content)
    return written.getvalue()


def test_files_in_all_known_places_are_taken() -> None:
    assert check(zipped(GOOD)) == tuple(File(name, len(GOOD[name])) for name in sorted(GOOD))
    assert check(zipped(GOOD, zipfile.ZIP_STORED)) == check(zipped(GOOD))


@pytest.mark.parametrize(
    "name",
    [
        "bundle.toml", "edge.TOML", "rules/a.txt", "rules/deep/a.toml", "rules/.toml", "dbc/deep/a.dbc",
        "models/loose.onnx",
        "profiles", "../edge.toml", "rules/../edge.toml", "/edge.toml", "models/../../etc/passwd", "dbc/./a", "dbc//a",
        "dbc/.hidden", "models/m/.hidden", "dbc/a\\b", "dbc/a:b", "dbc/a\nb", "dbc/ü", "dbc/" + "a" * 200, "dbc/",
        "systemd/x.service", "models/-rf/x",
    ],
)  # fmt: skip
def test_a_name_that_has_no_place_is_refused(name: str) -> None:
    with pytest.raises(Refused, match=r"has no place in a bundle\. It may hold edge\.toml, rules"):
        check(zipped({name: b""}))


def test_a_name_that_ends_in_the_middle_is_refused() -> None:
    content = zipped({"dbc/aXb": b""}).replace(b"dbc/aXb", b"dbc/a\0b")
    with pytest.raises(Refused, match="another name on other systems"):
        check(content)


@pytest.mark.parametrize("mode", [stat.S_IFLNK | 0o777, stat.S_IFDIR | 0o755, stat.S_IFIFO | 0o600, stat.S_IFCHR])
def test_what_is_no_file_is_refused(mode: int) -> None:
    with pytest.raises(Refused, match=r"dbc/a: a link or something else"):
        check(of_entries((entry("dbc/a", mode=mode), b"/etc/passwd")))


def test_what_is_packed_otherwise_is_refused() -> None:
    with pytest.raises(Refused, match=r"dbc/a: packed in a way"):
        check(of_entries((entry("dbc/a", packing=zipfile.ZIP_LZMA), b"x")))
    locked = bytearray(of_entries((entry("dbc/a"), b"x")))
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(Refused, match=r"dbc/a: encrypted"):
        check(bytes(locked))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_cannot_lie_in_one_folder_is_refused() -> None:
    with pytest.raises(Refused, match="'dbc/a' is there twice"):
        check(of_entries((entry("dbc/a"), b"1"), (entry("dbc/a"), b"2")))
    with pytest.raises(Refused, match="'dbc/a' is there twice"):
        check(zipped({"dbc/A": b"", "dbc/a": b""}))
    with pytest.raises(Refused, match="'profiles/a' is a file and a folder"):
        check(zipped({"profiles/a": b"", "profiles/a/b": b""}))
    with pytest.raises(Refused, match="there is nothing in it"):
        check(zipped({}))


def test_what_unpacks_too_large_is_refused() -> None:
    half = bytes(UNPACKED_BYTES_MAX // 2 + 1)
    with pytest.raises(Refused, match=rf"unpacked it has {2 * len(half)} bytes"):
        check(zipped({"dbc/a": half, "dbc/b": half}))


def test_what_lies_about_its_size_is_refused() -> None:
    content = bytearray(zipped({"dbc/a": bytes(100_000)}))
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = (10).to_bytes(4, "little")
    with pytest.raises(Refused, match="cannot be read"):
        check(bytes(content))


def test_too_many_files_are_refused_before_they_are_read() -> None:
    check(zipped({f"dbc/{n}": b"" for n in range(FILES_MAX)}))
    with pytest.raises(Refused, match=f"there are {FILES_MAX + 1} files in it"):
        check(zipped({f"dbc/{n}": b"" for n in range(FILES_MAX + 1)}))
    huge = zipped({f"dbc/{n:0190}": b"" for n in range(5000)})
    with pytest.raises(Refused, match=f"more than {FILES_MAX} files"):
        check(huge)


def test_what_is_no_archive_or_more_than_one_is_refused() -> None:
    good = zipped()
    for bad in (b"", b"PK", bytes(1000), good[:-1], good + b"\0", b"#!/bin/sh\n" + good, good[: len(good) // 2]):
        with pytest.raises(Refused, match="archive"):
            check(bad)
    with pytest.raises(Refused, match=f"{BUNDLE_BYTES_MAX} are the most"):
        check(bytes(BUNDLE_BYTES_MAX + 1))


def test_an_archive_with_a_second_directory_is_refused() -> None:
    content = zipped()
    with pytest.raises(Refused, match="directory is not where"):
        check(content[:-22] + b"PK\x06\x07" + bytes(16) + content[-22:])


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_bit_that_fell_over_is_refused_or_changes_no_file(at: int, bit: int) -> None:
    content = bytearray(zipped(GOOD))
    content[at % len(content)] ^= 1 << bit
    try:
        files = check(bytes(content))
    except Refused:
        return
    assert len(files) == len(GOOD)
    with zipfile.ZipFile(io.BytesIO(content)) as changed:
        assert sorted(map(changed.read, changed.namelist())) == sorted(GOOD.values())


@given(content=st.binary(max_size=400))
def test_whatever_the_bytes_are_they_are_refused(content: bytes) -> None:
    with pytest.raises(Refused):
        check(content)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"a = ", "no TOML"),
        (b"\xff", "no TOML"),
        (b"a = " + b"[" * 100_000, "no TOML"),
        (b"a = " + b"9" * 10_000, "no TOML"),
        (b"#" * (archive.TOML_BYTES_MAX + 1), "are the most. Split it"),
    ],
)
def test_toml_that_cannot_be_read_is_refused_with_its_place(content: bytes, why: str) -> None:
    for name in ("edge.toml", "rules/a.toml", "profiles/car/can.toml", "models/m/recipe.toml"):
        with pytest.raises(Refused, match=rf"{name}: .*{why}"):
            check(zipped({name: content}))


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (b"expr =", b"exprs =", r"rules/a\.toml:2: expr: Field required"),
        (b"> 112", b">> 112", r"rules/a\.toml:4: rule coolant_hot: "),
        (b'"3s"', b'"3 weeks"', r"rules/a\.toml:5: for: '3 weeks' is no duration"),
        (b'"critical"', b'"bad"', r"rules/a\.toml:7: severity: "),
        (b"[[rule]]", b"[[ruler]]", r"rules/a\.toml: 'ruler' is no field of a rules file"),
        (b"[[rule]]", b"[rule]", r"rules/a\.toml: its rules are no list of rules"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_with_its_line(before: bytes, after: bytes, why: str) -> None:
    check(zipped({"rules/a.toml": RULE}))
    with pytest.raises(Refused, match=why):
        check(zipped({"rules/a.toml": RULE.replace(before, after)}))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b'[vehicle]\nid = "x"\n', "vehicle"),
        (b'[link]\nbroker = "mqtts://elsewhere"\n', "link"),
        (b'[[bus]]\nname = "can0"\nsource = "can:can1"\n', r"bus\.source"),
        (b'[cab]\nlanguage = "de"\nvoice = "none"\n', r"cab\.voice"),
    ],
)
def test_an_overlay_that_no_vehicle_would_take_is_refused_with_the_key(text: bytes, place: str) -> None:
    check(zipped({"edge.toml": b'[[bus]]\nname = "can0"\ndbc = ["dbc/car.dbc"]\n[cab]\nlanguage = "de"\n'}))
    with pytest.raises(Refused, match=rf"edge\.toml: {place}: may not be set by a bundle"):
        check(zipped({"edge.toml": text}))


@pytest.mark.parametrize("name", ["car", "ev", "obd", "truck"])
def test_the_rules_that_are_shipped_may_be_in_a_bundle(name: str) -> None:
    content = (ROOT / "edge" / "detect" / "packs" / f"{name}.toml").read_bytes()
    assert check(zipped({f"rules/{name}.toml": content})) == (File(f"rules/{name}.toml", len(content)),)


def test_signals_that_only_a_vehicle_knows_are_its_own_to_judge() -> None:
    expr = RULE.replace(b"Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature", b"Vehicle.Our.Own.Signal")
    check(zipped({"rules/a.toml": expr}))


def lay(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_the_same_folder_gives_the_same_bytes(tmp_path: Path) -> None:
    one = pack(lay(tmp_path / "one", GOOD))
    other = lay(tmp_path / "other", dict(reversed(GOOD.items())))
    for name in GOOD:
        os.utime(other / name, (1, 1))
        (other / name).chmod(0o755)
    assert pack(other) == one
    with zipfile.ZipFile(io.BytesIO(one)) as packed:
        assert packed.namelist() == sorted(GOOD)
        assert {name: packed.read(name) for name in packed.namelist()} == GOOD


@given(files=st.dictionaries(NAMES, st.binary(max_size=50).map(lambda some: b"#" + some.hex().encode())))
def test_what_is_packed_is_what_was_there(files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = lay(tmp_path_factory.mktemp("folder"), files)
    if not files:
        with pytest.raises(ConfigError, match="there is nothing in it"):
            pack(folder)
        return
    assert [(file.name, file.size) for file in check(pack(folder))] == sorted(
        (name, len(content)) for name, content in files.items()
    )


def test_a_folder_that_is_none_of_a_bundle_is_refused_with_the_place(tmp_path: Path) -> None:
    lay(tmp_path / "stray", GOOD | {"notes.txt": b""})
    with pytest.raises(ConfigError, match=r"stray: 'notes.txt' has no place in a bundle"):
        pack(tmp_path / "stray")
    lay(tmp_path / "bad", {"rules/a.toml": b"="})
    with pytest.raises(ConfigError, match=r"bad: rules/a.toml: no TOML"):
        pack(tmp_path / "bad")
    lay(tmp_path / "linked", GOOD)
    (tmp_path / "linked" / "dbc" / "other.dbc").symlink_to(tmp_path / "stray" / "dbc" / "car.dbc")
    with pytest.raises(ConfigError, match=r"linked: dbc/other.dbc: a link"):
        pack(tmp_path / "linked")
    lay(tmp_path / "linking", GOOD)
    (tmp_path / "linking" / "models" / "more").symlink_to(tmp_path)
    with pytest.raises(ConfigError, match=r"linking: models/more: a link"):
        pack(tmp_path / "linking")


def test_a_bundle_is_kept_whole(cloud: Cloud) -> None:
    files = GOOD | {"dbc/large": os.urandom(3 * PIECE_BYTES)}
    content = zipped(files)
    bundle = add(cloud, "winter rules", content)
    assert (bundle.size, bundle.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert [file.name for file in bundle.files] == sorted(files)
    assert cloud.bundles.bundle("north", bundle.id) == bundle
    kept = [row["content"] for row in cloud.rows(bundle_pieces)]
    assert b"".join(kept) == content
    assert {len(piece) for piece in kept[:-1]} == {PIECE_BYTES}
    [deed] = deeds(cloud, "add_bundle")
    assert (deed.by, deed.fleet, deed.subject) == ("ada", "north", f"bundles/north/{bundle.id}")
    assert bundle.sha256 in deed.note


@given(offset=st.integers(0, 5 * PIECE_BYTES), size=st.integers(1, 3 * PIECE_BYTES))
def test_any_stretch_is_what_stands_there(offset: int, size: int, stored: tuple[Cloud, str, bytes]) -> None:
    cloud, bundle, content = stored
    with cloud.database.snapshot() as connection:
        assert stretch(connection, bundle, offset, size) == content[offset : offset + size]


@pytest.fixture(scope="module")
def stored() -> object:
    with open_cloud() as cloud:
        content = zipped({"dbc/large": os.urandom(4 * PIECE_BYTES)})
        yield cloud, add(cloud, content=content).id, content


def test_the_same_again_is_the_same_bundle(cloud: Cloud) -> None:
    bundle = add(cloud)
    assert add(cloud) == bundle
    assert len(deeds(cloud, "add_bundle")) == 1
    with pytest.raises(Conflict, match="the name of another bundle"):
        add(cloud, content=zipped())
    content = zipped()
    add(cloud, "one", content)
    with pytest.raises(Conflict, match="the same is there already as 'one'"):
        add(cloud, "other", content)
    assert add(cloud, fleet="south").id != bundle.id


def test_the_oldest_that_nobody_has_makes_room() -> None:
    with open_cloud(bundles_kept=BundleSettings(per_fleet=2)) as cloud:
        vans(cloud, 1)
        used = add(cloud, "1")
        begin(cloud, used)
        cloud.now += (cloud.now - cloud.now).resolution
        second = add(cloud, "2")
        third = add(cloud, "3")
        assert [one.name for one in cloud.bundles.bundles(Window(), fleet="north", fleets=None).items] == ["3", "1"]
        assert cloud.counts()["bundles_dropped"] == 1
        with pytest.raises(NotFound):
            cloud.bundles.bundle("north", second.id)
        look(cloud)
        begin(cloud, third, "van-1")  # waits for its turn, while the first is what the van is to run
        with pytest.raises(Conflict, match="no room for another bundle"):
            add(cloud, "4")
        assert {row["bundle"] for row in cloud.rows(bundle_pieces)} == {used.id, third.id}


def test_too_many_bytes_make_room_too() -> None:
    content = [zipped({"dbc/a": os.urandom(1000 + n)}) for n in range(3)]
    with open_cloud(bundles_kept=BundleSettings(bytes_per_fleet=2 * len(content[2]))) as cloud:
        for n in range(3):
            cloud.now = cloud.now.replace(minute=n)
            add(cloud, str(n), content[n])
        assert [one.name for one in cloud.bundles.bundles(Window(), fleet=None, fleets=None).items] == ["2", "1"]


def test_a_bundle_that_nobody_has_can_be_taken_away(cloud: Cloud) -> None:
    vans(cloud, 1)
    bundle, other = add(cloud), add(cloud, "other")
    begin(cloud, bundle)
    with pytest.raises(Conflict, match="vehicles have bundle"):
        cloud.bundles.remove("north", bundle.id, by="ada")
    with pytest.raises(NotFound):
        cloud.bundles.remove("south", other.id, by="ada")
    cloud.bundles.remove("north", other.id, by="ada")
    assert {row["bundle"] for row in cloud.rows(bundle_pieces)} == {bundle.id}
    assert deeds(cloud)[0].action == "remove_bundle"


def test_listings_are_paged_and_kept_apart(cloud: Cloud) -> None:
    for n in range(5):
        cloud.now = cloud.now.replace(minute=n)
        add(cloud, f"bundle {n}")
    add(cloud, "southern", fleet="south")
    window, names = Window(2), []
    while True:
        page = cloud.bundles.bundles(window, fleet=None, fleets=frozenset({"north"}))
        names += [one.name for one in page.items]
        if page.after is None:
            break
        window = Window(2, page.after)
    assert names == [f"bundle {n}" for n in (4, 3, 2, 1, 0)]


def test_names_of_files_are_relative_whoever_reads_them() -> None:
    for name in GOOD:
        archive.check_name(name)
        assert not PurePosixPath(name).is_absolute()
        assert ".." not in PurePosixPath(name).parts
    assert issubclass(Refused, CloudError)
