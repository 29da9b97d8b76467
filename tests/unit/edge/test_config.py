"""The configuration: defaults, the commented sample, and mistakes told with their place."""

from pathlib import Path

import pytest

from edge.config import Config, load_config, with_profile
from edge.config_parts import Bus, Channel
from edge.config_written import to_toml
from edge.errors import ConfigError
from edge.profile import MappedDatabase
from tests.shared import ROOT

SAMPLE = ROOT / "systemd" / "telltale-edge.toml"


def write(folder: Path, text: str) -> Path:
    file = folder / "edge.toml"
    file.write_text(text)
    return file


def test_the_sample_equals_the_defaults() -> None:
    assert load_config(SAMPLE) == Config()


def test_the_sample_names_every_field() -> None:
    text = SAMPLE.read_text()
    for table, part in [("", Config()), *((name, getattr(Config(), name)) for name in Config.model_fields)]:
        fields = type(part[0] if isinstance(part, list) and part else part)
        for name in getattr(fields, "model_fields", {}):
            assert any(
                line.lstrip("# ").startswith(
                    (f"{name} =", f"[{name}]", f"[[{name}]]", f"[{table}.{name}]", f"[[{table}.{name}]]")
                )
                for line in text.splitlines()
            ), f"{table}.{name}"


def test_an_empty_file_is_all_defaults(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, "")) == Config()


def test_paths_count_from_the_folder_of_the_file(tmp_path: Path) -> None:
    bus = '[[bus]]\nsource = "log:x.log?channel=can0"\ndbc = ["a.dbc", "/b.dbc"]\nmapping = "m"\n'
    config = load_config(write(tmp_path, bus + '[state]\ndirectory = "s"\n[link]\nca = "c"'))
    assert config.bus[0].source == f"log:{tmp_path}/x.log?channel=can0"
    assert config.bus[0].dbc == [tmp_path / "a.dbc", Path("/b.dbc")]
    assert config.bus[0].mapping == tmp_path / "m"
    assert config.state.directory == tmp_path / "s"
    assert config.link.ca == tmp_path / "c"


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("profil = 3", "profil", "Extra"),
        ('[vehicle]\nid = "a/b"', "vehicle.id", "pattern"),
        ("[judging]\ngrid_ms = 33", "judging", "divide 1000"),
        ("[memory]\nframe_ring_mb = 0", "memory.frame_ring_mb", "greater than or equal to 1"),
        ('[link]\nbroker = "host:1883"', "link.broker", "mqtt://host:1883"),
        ("bus = []", "bus", "at least 1"),
        ("[[bus]]\n[[bus]]", "", "name each"),
        ('[[bus]]\nspeed = "fast"', "bus.1.speed", "a factor above 0"),
        ('[[bus]]\nsource = "can:can0', "", "TOML"),
        ('profile = "submarine"', "", "telltale-car"),
        ('profile = "./gone.toml"', "", "no such profile"),
        ('[detect]\nrules = ["nothing"]', "", "car"),
        ('[detect]\nmodels = ["nothing"]', "", "no model is called"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, place: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, text))
    assert caught.value.place == place
    assert hint in str(caught.value)


def test_files_that_are_not_there_or_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such config"):
        load_config(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)


def test_a_profile_adds_what_its_vehicle_needs_and_own_databases_win() -> None:
    resolved = with_profile(Config(profile="telltale-car"), Path())
    assert resolved.bus[0].dbc == [ROOT / "dbc" / "telltale-car.dbc"]
    assert [Path(rules).name for rules in resolved.detect.rules] == ["car.toml"]
    own = with_profile(Config(profile="telltale-car", bus=[Bus(dbc=[Path("own.dbc")])]), Path())
    assert own.bus[0].dbc == [Path("own.dbc")]


def test_what_is_printed_reads_back_the_same(tmp_path: Path) -> None:
    config = with_profile(Config(profile="telltale-car", bus=[Bus(speed="max", source='log:/a "b".log')]), Path())
    again = load_config(write(tmp_path, to_toml(config).replace('profile = "telltale-car"', 'profile = ""')))
    assert again == config.model_copy(update={"profile": ""})


def profiled(folder: Path, profile: str, config: str) -> Config:
    for name in ("a", "b", "c"):
        (folder / f"{name}.dbc").write_text("")
    (folder / "truck.profile.toml").write_text(profile)
    return load_config(write(folder, f'profile = "truck.profile.toml"\n{config}'))


TWO_BUSES = """
databases = ["c.dbc"]
subscribe = ["Vehicle.Speed", "dbc.A.B"]
[[bus]]
name = "drive"
bitrate = 250000
databases = ["a.dbc", { file = "b.dbc", mapping = "other.toml" }]
[[bus]]
name = "body"
"""


def test_a_profile_says_what_each_bus_speaks_and_how_fast(tmp_path: Path) -> None:
    config = profiled(tmp_path, TWO_BUSES, '[[bus]]\nname = "body"\n[[bus]]\nname = "drive"\nbitrate = 500000')
    body, drive = config.bus
    assert body.dbc == [tmp_path / "c.dbc"]
    assert drive.dbc == [
        tmp_path / "a.dbc",
        MappedDatabase(file=tmp_path / "b.dbc", mapping=tmp_path / "other.toml"),
        tmp_path / "c.dbc",
    ]
    assert (body.bitrate, drive.bitrate) == (None, 500_000), "the installer's own word stands"
    assert config.memory.subscribe == ["Vehicle.Speed", "dbc.A.B"]
    assert load_config(write(tmp_path, to_toml(config).replace('"truck.profile.toml"', '""'))).bus == config.bus


def test_the_only_bus_needs_no_name(tmp_path: Path) -> None:
    one = '[[bus]]\nname = "fms"\nbitrate = 250000\ndatabases = ["a.dbc"]'
    [bus] = profiled(tmp_path, one, "").bus
    assert (bus.name, bus.bitrate, bus.dbc) == ("", 250_000, [tmp_path / "a.dbc"])


@pytest.mark.parametrize("config", ["", '[[bus]]\nname = "can0"', '[[bus]]\nname = "body"\n[[bus]]\nname = "chassis"'])
def test_a_bus_that_the_profile_does_not_know_is_refused_unless_it_brings_its_own(tmp_path: Path, config: str) -> None:
    with pytest.raises(ConfigError, match="the buses 'drive', 'body', the configuration") as caught:
        profiled(tmp_path, TWO_BUSES, config)
    assert caught.value.place == "bus"
    config = config.replace('name = "c', 'dbc = ["a.dbc"]\nname = "c') or '[[bus]]\ndbc = ["a.dbc"]'
    assert profiled(tmp_path, TWO_BUSES, config).bus[-1].dbc == [tmp_path / "a.dbc"]


@pytest.mark.parametrize("name", ["", "trip"])
def test_a_recording_that_is_no_bus_of_the_profile_is_taken_to_hold_them(tmp_path: Path, name: str) -> None:
    config = profiled(tmp_path, TWO_BUSES, f'[[bus]]\nname = "{name}"\nsource = "log:x.log"')
    [bus] = config.bus
    assert [(one.name, len(one.dbc), one.dbc[0]) for one in bus.channels] == [("drive", 2, tmp_path / "a.dbc")]
    assert (bus.dbc, bus.bitrate) == ([tmp_path / "c.dbc"], None)
    assert load_config(write(tmp_path, to_toml(config).replace('"truck.profile.toml"', '""'))).bus == config.bus


def test_a_recording_that_is_a_bus_of_the_profile_or_brings_its_own_is_not_looked_into(tmp_path: Path) -> None:
    [bus] = profiled(tmp_path, TWO_BUSES, '[[bus]]\nname = "body"\nsource = "log:x.log"').bus
    assert (bus.channels, bus.dbc) == ([], [tmp_path / "c.dbc"])
    channel = 'channels = [{ name = "can3", dbc = ["b.dbc"] }]'
    [bus] = profiled(tmp_path, TWO_BUSES, f'[[bus]]\nsource = "log:x.log"\n{channel}').bus
    assert (bus.dbc, bus.channels) == ([], [Channel(name="can3", dbc=[tmp_path / "b.dbc"])])
    with pytest.raises(ConfigError, match="only a log: has channels"):
        load_config(write(tmp_path, f'[[bus]]\nsource = "can:can0"\n{channel}'))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[[bus]]\nbitrate = 250000", "bus.1.name"),
        ('[[bus]]\nname = "a"\nbitrate = 1', "bus.1.bitrate"),
        ('[[bus]]\nname = "a"\n[[bus]]\nname = "a"', ""),
        ('subscribe = ["Speed"]', "subscribe.1"),
        ("baud = 3", "baud"),
    ],
)
def test_a_mistake_in_a_profile_is_told_with_its_place(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(ConfigError) as caught:
        profiled(tmp_path, text, "")
    assert caught.value.place == place
    assert caught.value.file == str(tmp_path / "truck.profile.toml")
