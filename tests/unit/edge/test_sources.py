"""Mappings that contradict themselves or each other: refused where one would hide the other, told where both count."""

import json
from pathlib import Path

import pytest

from edge.cli import main
from edge.config import Config
from edge.decode.conflicts import NOTES_MAX, notes_on
from edge.decode.database import load_database
from edge.decode.decoder import Binding
from edge.decode.layout import Fate
from edge.errors import ConfigError
from edge.prepare import prepare
from tests.unit.edge.databases import HEAD

SPEED = "Vehicle.Speed"
OWN = "Vehicle.Telltale.Own"
DBC = (
    f"{HEAD}BO_ 256 A: 8 ECU\n"
    ' SG_ Sel M : 0|8@1+ (1,0) [0|0] "" ECU\n SG_ One m1 : 8|8@1+ (1,0) [0|0] "" ECU\n'
    ' SG_ Two m2 : 8|8@1+ (1,0) [0|0] "" ECU\n SG_ Always : 16|8@1+ (1,0) [0|0] "" ECU\n'
    ' SG_ Other : 24|8@1+ (1,0) [0|0] "" ECU\n'
    'BO_ 257 B: 8 ECU\n SG_ One : 0|8@1+ (1,0) [0|0] "" ECU\n'
)

LINE_OF_B = DBC[: DBC.index("BO_ 257")].count("\n") + 1


def written(folder: Path, name: str, mapped: dict[str, str], dbc: str = DBC) -> Path:
    file = folder / f"{name}.dbc"
    file.write_text(dbc)
    lines = [f'"{signal}" = {{ {fields} }}' for signal, fields in mapped.items()]
    file.with_suffix(".vss.toml").write_text("\n".join(["[signals]", *lines, ""]))
    return file


def to(path: str, unit: str = "") -> str:
    return f'path = "{path}"' + (f', unit = "{unit}"' if unit else "")


@pytest.mark.parametrize("second", ["A.Other", "A.One", "A.Sel"])
def test_two_in_the_same_frame_are_refused_with_both_places(tmp_path: Path, second: str) -> None:
    file = written(tmp_path, "car", {"A.Always": to(SPEED), second: to(SPEED)})
    with pytest.raises(ConfigError, match="the same frames") as refused:
        load_database(file)
    assert {refused.value.place, *refused.value.problem.split()} >= {second, "A.Always"}
    assert refused.value.file == str(file.with_suffix(".vss.toml"))
    assert refused.value.remedy


def test_two_of_one_message_that_are_never_together_are_one_quantity(tmp_path: Path) -> None:
    file = written(tmp_path, "car", {"A.One": to(SPEED), "A.Two": to(SPEED)})
    assert load_database(file).remarks == ()


def test_nested_selectors_are_followed(tmp_path: Path) -> None:
    nested = (
        f"{HEAD}BO_ 256 A: 8 ECU\n"
        ' SG_ Out M : 0|8@1+ (1,0) [0|0] "" ECU\n SG_ In m1M : 8|8@1+ (1,0) [0|0] "" ECU\n'
        ' SG_ Deep m5 : 16|8@1+ (1,0) [0|0] "" ECU\n SG_ Two m2 : 8|8@1+ (1,0) [0|0] "" ECU\n'
        "SG_MUL_VAL_ 256 In Out 1-1;\nSG_MUL_VAL_ 256 Deep In 5-5;\nSG_MUL_VAL_ 256 Two Out 2-2;\n"
    )
    assert load_database(written(tmp_path, "one", {"A.Deep": to(SPEED), "A.Two": to(SPEED)}, nested)).remarks == ()
    with pytest.raises(ConfigError, match="the same frames"):
        load_database(written(tmp_path, "two", {"A.Deep": to(SPEED), "A.In": to(SPEED)}, nested))


def test_one_path_of_two_messages_is_told_and_counts(tmp_path: Path) -> None:
    [remark] = load_database(written(tmp_path, "car", {"A.Always": to(SPEED), "B.One": to(SPEED)})).remarks
    assert (remark.fate, remark.what) == (Fate.DOUBTFUL, SPEED)
    assert "A.Always and B.One: every sample counts, the latest stands" in remark.reason


def test_one_path_in_two_units_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, "car", {"A.Always": to(OWN, "bar"), "B.One": to(OWN, "kPa")})
    with pytest.raises(ConfigError, match=r"in 'kPa' here, and in 'bar' from A\.Always") as refused:
        load_database(file)
    assert refused.value.place == "B.One"


def test_a_factor_of_0_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="factor = 0") as refused:
        load_database(written(tmp_path, "car", {"B.One": f"{to(SPEED)}, factor = 0.0"}))
    assert refused.value.place == "B.One"


def bound(tmp_path: Path, *, buses: tuple[str, str], fields: tuple[str, str], dbc: str = DBC) -> list[Binding]:
    files = [written(tmp_path, name, {"B.One": field}, dbc) for name, field in zip("xy", fields, strict=True)]
    return [Binding(load_database(file), bus) for file, bus in zip(files, buses, strict=True)]


@pytest.mark.parametrize(
    ("buses", "share"),
    [(("", ""), True), (("a", "a"), True), (("a", ""), True), (("a", "a/can0"), True), (("a", "b"), False)],
)
def test_two_databases_that_claim_an_id_on_one_bus_are_told_and_the_first_wins(
    tmp_path: Path, buses: tuple[str, str], share: bool
) -> None:
    notes = notes_on(bound(tmp_path, buses=buses, fields=(to(SPEED), to(OWN, "V"))))
    told = [note for note in notes if "given first" in note]
    where = f" on {buses[0]}" if buses[0] else ""
    assert told == ([f"x.dbc and y.dbc have id 100, 101 both{where}: x.dbc is given first and wins"] if share else [])
    assert any("dbc.A.Sel, dbc.A.One" in note and "without a mapping" in note for note in notes)


def test_an_id_goes_before_a_group_and_is_told(tmp_path: Path) -> None:
    by_id, by_group = (tmp_path / f"{name}.dbc" for name in ("by_id", "by_group"))
    message = ' SG_ Speed : 24|16@1+ (0.125,0) [0|0] "rpm" ECU\n'
    by_id.write_text(f"{HEAD}BO_ {0x8CF00427} Mine: 8 ECU\n{message}")
    by_group.write_text(f"{HEAD}BO_ {0x8CF00400} EEC1: 8 ECU\n{message}")
    by_group.with_suffix(".vss.toml").write_text('protocol = "j1939"\n')
    notes = notes_on([Binding(load_database(file)) for file in (by_group, by_id)])
    assert notes == ["by_id.dbc has id 0CF00427, by_group.dbc the PGN: frames of that very id are by_id.dbc's"]


def test_a_sender_goes_before_everybody_and_is_told(tmp_path: Path) -> None:
    by_sender, of_all, of_one = (tmp_path / f"{name}.dbc" for name in ("by_sender", "of_all", "of_one"))
    message = ' SG_ Speed : 24|16@1+ (0.125,0) [0|0] "rpm" ECU\n'
    first, second, third = (f"BO_ {0x8CF00400 | sender} M{sender}: 8 ECU\n{message}" for sender in (0, 1, 2))
    by_sender.write_text(f"{HEAD}{first}{second}")
    of_all.write_text(f"{HEAD}{third}")
    of_one.write_text(f"{HEAD}{first}{third}")
    for file in (by_sender, of_all, of_one):
        file.with_suffix(".vss.toml").write_text('protocol = "j1939"\n')

    def told(*files: Path) -> list[str]:
        notes = notes_on([Binding(load_database(file)) for file in files])
        return [note for note in notes if "without a mapping" not in note]

    where = "by sender, of_all.dbc of anybody: frames of those senders are by_sender.dbc's"
    assert told(of_all, by_sender) == told(by_sender, of_all) == [f"by_sender.dbc has PGN F004 {where}"]
    assert told(by_sender, of_one) == [
        "by_sender.dbc and of_one.dbc have PGN F004 both: by_sender.dbc is given first and wins"
    ]


def test_one_path_of_two_databases_is_told_whatever_bus_they_are_on(tmp_path: Path) -> None:
    notes = notes_on(bound(tmp_path, buses=("a", "b"), fields=(to(SPEED), to(SPEED))))
    assert f"{SPEED} is mapped from B.One of x.dbc and B.One of y.dbc: every sample counts, the latest stands" in notes


def test_one_path_of_two_databases_in_two_units_is_refused_with_both_places(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"in 'kPa' here, and in 'bar' from B\.One of x\.dbc") as refused:
        notes_on(bound(tmp_path, buses=("a", "b"), fields=(to(OWN, "bar"), to(OWN, "kPa"))))
    assert (refused.value.file, refused.value.place) == (str(tmp_path / "y.dbc"), "B.One")


def test_notes_are_bounded(tmp_path: Path) -> None:
    signals = "".join(f'BO_ {n} M{n}: 8 ECU\n SG_ S : 0|8@1+ (1,0) [0|0] "" ECU\n' for n in range(1, 100))
    mapped = {f"M{n}.S": to(f"Vehicle.Telltale.S{n}", "V") for n in range(1, 100)}
    files = [written(tmp_path, name, mapped, HEAD + signals) for name in "xy"]
    notes = notes_on([Binding(load_database(file)) for file in files])
    assert len(notes) == NOTES_MAX + 1
    assert notes[-1] == f"and {99 + 1 - NOTES_MAX} more of that kind"


def test_who_starts_a_run_is_told_all_of_it(tmp_path: Path) -> None:
    first = written(tmp_path, "x", {"A.Always": to(SPEED), "B.One": to(SPEED)}, f"{DBC} SG_ ???\n")
    second = written(tmp_path, "y", {"B.One": to(OWN, "V")})
    notes = prepare(Config.model_validate({"bus": [{"source": "sim:car", "dbc": [first, second]}]})).notes
    assert any(
        note.startswith(f"x.dbc: line {LINE_OF_B}: doubtful: Vehicle.Speed: it is mapped from") for note in notes
    )
    assert f"x.dbc: 1 place is not as it should be; telltale-edge dbc check {first} names them" in notes
    assert "x.dbc and y.dbc have id 100, 101 both: x.dbc is given first and wins" in notes


def test_a_check_of_several_files_tells_what_one_says_against_those_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (written(tmp_path, name, {"B.One": to(OWN, "bar")}) for name in "xy")
    assert main(["dbc", "check", str(first), str(second)]) == 0, "what is doubtful is no reason to stop a script"
    alone, *beside = capsys.readouterr().out.split(f"{second}: ")
    assert alone == f"{first}: 2 messages, 6 signals; 0 repaired, 0 skipped\n"
    assert "3 doubtful" in beside[0]
    assert "beside x.dbc: x.dbc and y.dbc have id 100, 101 both: x.dbc is given first and wins" in beside[0]
    written(tmp_path, "y", {"B.One": to(OWN, "kPa")})
    assert main(["dbc", "check", "--json", str(first), str(second)]) == 2
    [whole, refused] = json.loads(capsys.readouterr().out)
    assert (whole["verdict"], refused["verdict"]) == ("whole", "not_at_all")
    assert "y.dbc, B.One: Vehicle.Telltale.Own is mapped in 'kPa' here" in refused["error"]
