"""`telltale-edge dtc`: a table that the user brings, and what codes mean."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cli import main
from edge.dtc_import import BAD_NAMED_MAX, KEPT_NAME, ROWS_MAX, TEXT_CHARS_MAX, keep, load_kept, read_table
from edge.errors import EXIT_CONFIG, ConfigError

Out = pytest.CaptureFixture[str]


def written(folder: Path, text: str) -> Path:
    file = folder / "codes.csv"
    file.write_text(text, "utf-8")
    return file


def test_the_shared_table_comes_in_whole(shared: Path, tmp_path: Path, capsys: Out) -> None:
    file = shared / "data/dtc/dtc_codes.db"
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as base:
        (rows,) = base.execute("SELECT count(*) FROM dtc_definitions").fetchone()
        code, maker, text = base.execute(
            "SELECT code, manufacturer, description FROM dtc_definitions"
            " WHERE code LIKE 'P1%' AND manufacturer = 'FORD' ORDER BY code"
        ).fetchone()
    assert main(["dtc", "import", str(file), "--state", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("18805 definitions of 33 makers and the standard\n")
    assert rows == 18805
    kept = load_kept(tmp_path / KEPT_NAME)
    assert len(kept) == rows
    assert kept[maker, code] == " ".join(text.split())
    assert main(["dtc", "explain", code, "--maker", "ford", "--state", str(tmp_path), "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["meaning"], told["maker"], told["source"]) == (kept[maker, code], "FORD", "imported")


@pytest.mark.parametrize(
    "text",
    [
        "code,description,manufacturer\nP1234,A pump,Ford\n",
        "DTC;Make;Meaning\np1234;FORD;A  pump\n",
        "Brand\tTrouble Code\tDefinition\nford\tP1234\tA pump\n",
        "\ufeffmaker,DTC-Code,desc\r\nFord,P1234,A pump\r\n",
    ],
)
def test_the_usual_names_and_separators_are_known(tmp_path: Path, text: str) -> None:
    assert read_table(written(tmp_path, text)).definitions == {("FORD", "P1234"): "A pump"}


def test_bad_rows_cost_themselves_and_are_counted_and_the_first_named(tmp_path: Path) -> None:
    bad = "".join(f"X{row}234,nothing\n" for row in range(4))
    good = "code,description,make\nP1234,A pump,Ford\n\n"
    table = f"{good}P12,short,Ford\nP1235,,Ford\n{bad}P0301-1C,typed,\nP0EEE,Standard,\n"
    brought = read_table(written(tmp_path, table))
    assert brought.definitions == {("FORD", "P1234"): "A pump", ("GENERIC", "P0EEE"): "Standard"}
    assert (brought.rows, brought.bad) == (9, 7)
    assert len(brought.bad_first) == BAD_NAMED_MAX
    assert brought.bad_first[0].startswith("line 4: 'P12' is no trouble code")
    assert brought.bad_first[1] == "line 5: P1235 has no meaning"
    assert "… and 2 more bad rows" in brought.text()


def test_repeated_foreign_and_long_rows_are_counted(tmp_path: Path) -> None:
    table = f"code,text,lang\nP0001,one,en\nP0001,two,en\nP0002,zwei,de\nP0003,{'x' * 600},en-GB\n"
    brought = read_table(written(tmp_path, table))
    assert brought.definitions["GENERIC", "P0001"] == "one"
    assert len(brought.definitions["GENERIC", "P0003"]) == TEXT_CHARS_MAX
    assert (brought.repeated, brought.foreign, brought.cut, brought.bad) == (1, 1, 1, 0)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "its first line names no column for the code"),
        (b"code,maker\nP0001,Ford\n", "none for its meaning"),
        (b"code,description\n", "holds no definition"),
        (b"code,description\nnothing,good\n", "line 2: 'nothing'"),
        (b"code,description\nP0001,\xff\xfe\n", "cannot be read"),
        (b"code,description\nP0001," + b"x" * 200_000 + b"\n", "cannot be read"),
        (b"SQLite format 3\0 and no more", "cannot be read"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    file = tmp_path / "codes.csv"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=problem):
        read_table(file)


TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
CELLS = st.lists(st.one_of(TEXT, st.sampled_from(["P0001", "p1234", "Ford", "en", '"', "\0"])), max_size=4)


@given(st.lists(CELLS, max_size=6), st.sampled_from(",;\t"))
def test_whatever_stands_in_it_is_counted_or_refused(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], separator: str
) -> None:
    lines = [["code", "text", "maker", "lang"], ["P0EEE", "good"], *rows]
    file = written(tmp_path_factory.mktemp("any"), "\n".join(separator.join(row) for row in lines))
    try:
        brought = read_table(file)
    except ConfigError:
        return
    assert len(brought.definitions) + brought.bad + brought.repeated + brought.foreign == brought.rows
    keep(brought, file, file.with_name(KEPT_NAME))
    assert load_kept(file.with_name(KEPT_NAME)) == brought.definitions


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_table(tmp_path / "none.csv")


def test_a_database_without_such_columns_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    with closing(sqlite3.connect(file)) as base:
        base.execute('CREATE TABLE "a""b" (x TEXT)')
        base.commit()
    with pytest.raises(ConfigError, match="no table has a column"):
        read_table(file)


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"more than {ROWS_MAX} rows"):
        read_table(written(tmp_path, "code,text\n" + "P0001,x\n" * (ROWS_MAX + 1)))


def test_what_is_kept_comes_back_and_names_its_origin(tmp_path: Path) -> None:
    file = written(tmp_path, 'code,text,make\nP1234,Größe \u2028 "x",Škoda\nP1235,\x01y,Ford\n')
    brought = read_table(file)
    keep(brought, file, tmp_path / KEPT_NAME)
    assert load_kept(tmp_path / KEPT_NAME) == brought.definitions
    head = json.loads((tmp_path / KEPT_NAME).read_text("utf-8").split("\n")[0])
    assert head == {"origin": "codes.csv", "definitions": 2, "rows": 2, "bad": 0}


def test_nothing_imported_is_an_empty_table_and_a_spoilt_one_is_said(tmp_path: Path) -> None:
    kept = tmp_path / KEPT_NAME
    assert load_kept(kept) == {}
    kept.write_text('{"origin": "x"}\n["FORD", "P1234"]\n')
    with pytest.raises(ConfigError, match="import the table again"):
        load_kept(kept)
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_kept(tmp_path)


def test_explain_says_own_words_and_the_status_says_whether_all_are_known(tmp_path: Path, capsys: Out) -> None:
    state = ["--state", str(tmp_path)]
    assert main(["dtc", "explain", "P0457", "P0A09-1C", "SPN 110 FMI 0", "110/0", *state]) == 0
    cap, converter, coolant, again = capsys.readouterr().out.splitlines()
    assert "fuel cap loose or off [info, emissions]; tighten the cap" in cap
    assert "circuit voltage out of range [warning, charging]" in converter
    assert coolant == again
    assert "[critical, cooling]" in coolant
    assert main(["dtc", "explain", "P0301", "P1234", *state]) == 1
    assert "P1234  meaning unknown [powertrain, the maker's own]" in capsys.readouterr().out


def test_what_is_no_code_is_78_with_an_example(tmp_path: Path, capsys: Out) -> None:
    assert main(["dtc", "explain", "hello", "--state", str(tmp_path)]) == EXIT_CONFIG
    assert "write it like P0301" in capsys.readouterr().err


def test_an_import_goes_where_it_is_told(tmp_path: Path, capsys: Out) -> None:
    file, kept = written(tmp_path, "code,text,make\nP1234,A pump,Ford\n"), tmp_path / "own.jsonl"
    assert main(["dtc", "import", str(file), "--out", str(kept)]) == 0
    assert main(["dtc", "explain", "P1234", "--maker", "FORD", "--table", str(kept)]) == 0
    assert "P1234  A pump [FORD, imported words]" in capsys.readouterr().out
    assert main(["dtc", "import", str(file), "--out", str(tmp_path / "none" / "x")]) == EXIT_CONFIG
