"""Remaining life: causal features, honest figures, and any table of the shape by config alone."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.csv  # type: ignore[import-untyped]
import pyarrow.parquet  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.detect.remaining_life import (
    Band,
    FeaturePlan,
    RemainingLifeCard,
    interval,
    load_remaining_life,
)
from edge.errors import EXIT_CONFIG, ConfigError, ModelError
from models.cli import main
from models.recipe import RECIPES
from models.rul.recipe import load_rul_recipe
from models.rul.table import read_units
from models.rul.training import samples_of, train_rul
from tests.shared import ROOT, find_shared

PLAN = FeaturePlan(baseline_cycles=5, ewma_spans=(3, 8))
RECIPE = """
name = "pumps"
description = "made up"
licence = "none"
cap = 40.0
[columns]
unit = "pump"
cycle = "week"
[features]
baseline_cycles = 5
ewma_spans = [3, 8]
[trees]
trees = 30
leaves = 8
learning_rate = 0.15
rows_per_leaf = 20
l2 = 1.0
seed = 0
[judging]
folds = 4
cuts_per_unit = 10
cuts_from_cycle = 10
bands = 4
coverage = 0.9
"""


def pumps(units: int, seed: int, *, share: float = 1.0) -> pa.Table:
    """Pumps that wear out: vibration grows towards the end, flow falls a little; each pump has its own level."""
    rng = np.random.default_rng(seed)
    rows: dict[str, list[object]] = {name: [] for name in ("pump", "week", "vibration", "flow", "maker", "bolts")}
    for unit in range(units):
        life = int(rng.integers(50, 120))
        level = rng.normal(0.0, 2.0)
        for week in range(1, max(int(life * share), 1) + 1):
            worn = max(0.0, 1.0 - (life - week) / 45.0)
            rows["pump"].append(f"P{unit}")
            rows["week"].append(week)
            rows["vibration"].append(level + 3.0 * worn + rng.normal(0.0, 0.3))
            rows["flow"].append(100.0 - 2.0 * worn + rng.normal(0.0, 0.5))
            rows["maker"].append("Acme")
            rows["bolts"].append(8)
    return pa.table(rows)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the table, its recipe and the package."""
    folder = tmp_path_factory.mktemp("pumps")
    pa.parquet.write_table(pumps(40, 1), folder / "train.parquet")
    (folder / "pumps.toml").write_text(RECIPE)
    arguments = ["train", "rul", "--config", folder / "pumps.toml", "--data", folder / "train.parquet"]
    assert main([*map(str, arguments), "--out", str(folder / "package")]) == 0
    return folder


def answers(trained: Path, table: pa.Table, tmp_path: Path) -> list[list[str]]:
    pa.csv.write_csv(table, tmp_path / "test.csv")
    arguments = ["--model", trained / "package", "--data", tmp_path / "test.csv", "--out", tmp_path / "preds.csv"]
    assert main(["predict", "rul", *map(str, arguments)]) == 0
    return list(csv.reader((tmp_path / "preds.csv").read_text().splitlines()))


VALUES = st.lists(
    st.lists(st.one_of(st.floats(-1e3, 1e3), st.just(np.nan)), min_size=2, max_size=2), min_size=2, max_size=30
)


@given(values=VALUES, cut=st.data())
def test_a_feature_knows_nothing_of_what_comes_later(values: list[list[float]], cut: st.DataObject) -> None:
    whole = np.array(values)
    until = cut.draw(st.integers(1, len(whole)))
    cycle = np.arange(len(whole), dtype=float)
    early = PLAN.features(cycle[:until], whole[:until])
    np.testing.assert_array_equal(PLAN.features(cycle, whole)[:until], early)


@given(level=st.floats(-50.0, 50.0))
def test_a_unit_is_compared_with_itself(level: float) -> None:
    cycle = np.arange(12.0)
    wear = np.linspace(0.0, 3.0, 12)[:, None]
    since = slice(0, len(PLAN.ewma_spans))
    np.testing.assert_allclose(
        PLAN.features(cycle, wear + level)[:, since], PLAN.features(cycle, wear)[:, since], atol=1e-4
    )


def test_features_are_means_that_can_be_checked_by_hand() -> None:
    plan = FeaturePlan(baseline_cycles=2, ewma_spans=(3,))
    made = plan.features(np.array([1.0, 2.0, 3.0]), np.array([[1.0], [3.0], [np.nan]]))
    ewma = (0.5 * 1.0 + 3.0) / 1.5
    np.testing.assert_allclose(made, [[0.0, 1.0, 1.0], [ewma - 2.0, ewma, 2.0], [ewma - 2.0, ewma, 3.0]], rtol=1e-6)
    assert plan.names(("s",)) == ["s since new, over 3", "s over 3", "cycle"]


def test_a_sensor_that_was_never_known_is_unknown_and_not_zero() -> None:
    made = PLAN.features(np.array([1.0, 2.0]), np.array([[np.nan, 1.0], [np.nan, 1.0]]))
    assert np.isnan(made[:, 0]).all()
    assert not np.isnan(made[:, 1]).any()


@given(said=st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=20))
def test_an_answer_lies_within_its_bounds_and_the_cap(said: list[float]) -> None:
    bands = (Band(at=10.0, below=-5.0, above=2.0), Band(at=90.0, below=-20.0, above=30.0))
    lives = interval(np.array(said), bands, 100.0)
    assert (lives.lower >= 0.0).all()
    assert (lives.lower <= lives.middle).all()
    assert (lives.middle <= lives.upper).all()
    assert (lives.upper <= 100.0).all()


def test_it_beats_what_is_dumb_on_units_that_it_never_saw(trained: Path, tmp_path: Path) -> None:
    """Forty other pumps, stopped somewhere in their lives."""
    table = pumps(40, 2)
    weeks, names = np.array(table["week"]), np.array(table["pump"].to_pylist())
    rng = np.random.default_rng(3)
    keep, left = np.zeros(len(weeks), bool), {}
    for name in dict.fromkeys(names):
        life = int(weeks[names == name].max())
        until = int(rng.integers(20, life))
        keep |= (names == name) & (weeks <= until)
        left[name] = min(life - until, 40)
    head, *rows = answers(trained, table.filter(pa.array(keep)), tmp_path)
    assert head == ["unit", "rul", "lower", "upper"]
    assert [row[0] for row in rows] == list(left)
    said = {row[0]: [float(cell) for cell in row[1:]] for row in rows}
    off = np.array([said[name][0] - left[name] for name in left])
    dumb = np.array(list(left.values())) - np.mean(list(left.values()))
    assert np.sqrt(np.mean(off**2)) < 0.6 * np.sqrt(np.mean(dumb**2))
    covered = np.mean([said[name][1] <= left[name] <= said[name][2] for name in left])
    assert covered >= 0.75, "90 % are wanted; of 40 units, 30 and more are held with a chance of 0.997"


def test_the_card_says_what_it_is_worth_beside_what_is_dumb(trained: Path) -> None:
    judged = load_remaining_life(trained / "package").card.evaluation
    assert judged["grouped_by"] == "unit"
    rmse = judged["rmse"]
    assert set(rmse) == {"the model", "ridge on the same features", "a line in age", "always the mean"}
    assert rmse["the model"]["at_cuts"] < rmse["a line in age"]["at_cuts"] <= rmse["always the mean"]["at_cuts"] + 1.0
    assert 0.8 <= judged["interval"]["every_cycle"]["covered"] <= 0.97
    assert judged["parity"]["rows"] >= 4000


def test_the_figures_are_of_units_that_were_not_seen(tmp_path: Path) -> None:
    """Where the sensors say nothing, a model that had seen a unit would still know it by its level."""
    rng = np.random.default_rng(0)
    table = pumps(24, 1)
    noise = [f"{value:.6f}" for value in rng.normal(size=table.num_rows)]
    level = np.repeat(rng.normal(size=24) * 100, [table["pump"].to_pylist().count(f"P{n}") for n in range(24)])
    table = pa.table(
        {"pump": table["pump"], "week": table["week"], "a": level, "b": pa.array(noise).cast(pa.float64())}
    )
    pa.parquet.write_table(table, tmp_path / "t.parquet")
    (tmp_path / "r.toml").write_text(RECIPE)
    recipe = load_rul_recipe(tmp_path / "r.toml")
    units = read_units(tmp_path / "t.parquet", unit="pump", cycle="week")
    rmse = train_rul(units, recipe).evaluation["rmse"]
    assert rmse["the model"]["every_cycle"] > 0.9 * rmse["a line in age"]["every_cycle"]


def test_the_same_table_gives_the_same_package(trained: Path, tmp_path: Path) -> None:
    arguments = ["--config", trained / "pumps.toml", "--data", trained / "train.parquet", "--out", tmp_path / "again"]
    assert main(["train", "rul", *map(str, arguments)]) == 0
    for name in ("card.json", "model.onnx"):
        assert (tmp_path / "again" / name).read_bytes() == (trained / "package" / name).read_bytes()


def test_the_order_of_rows_does_not_matter_and_strangers_among_columns_do_not_either(
    trained: Path, tmp_path: Path
) -> None:
    table = pumps(6, 5, share=0.6)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    order = np.random.default_rng(0).permutation(table.num_rows)
    shuffled = table.take(pa.array(order)).append_column("note", pa.array(["x"] * table.num_rows))
    assert sorted(answers(trained, table, tmp_path / "a")) == sorted(answers(trained, shuffled, tmp_path / "b"))


def test_a_unit_of_one_cycle_gets_an_answer_with_bounds(trained: Path, tmp_path: Path) -> None:
    _, *rows = answers(trained, pumps(3, 6, share=0.0), tmp_path)
    for row in rows:
        _, rul, lower, upper = row[0], *map(float, row[1:])
        assert 0.0 <= lower <= rul <= upper <= 40.0


def test_asking_needs_no_scikit_learn(trained: Path, tmp_path: Path) -> None:
    pa.csv.write_csv(pumps(3, 7), tmp_path / "t.csv")
    code = (
        "import sys; from models.cli import main; "
        f"assert main(['predict', 'rul', '--model', r'{trained}/package', '--data', r'{tmp_path}/t.csv', "
        f"'--out', r'{tmp_path}/o.csv']) == 0; "
        "sys.exit(sorted({'sklearn', 'skl2onnx', 'onnx'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "3 units\n"), done.stderr


def spoiled(**changes: list[object]) -> pa.Table:
    rows: dict[str, list[object]] = {"pump": ["a", "a", "b"], "week": [1, 2, 1], "vibration": [1.0, 2.0, 3.0]}
    return pa.table({**rows, **changes})


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (spoiled().drop_columns(["week"]), "has no column 'week'"),
        (spoiled(week=[1, 1, 1]), "row 2: unit a has its cycle 1 twice"),
        (spoiled(week=[1, None, 1]), "row 2, column 'week': the cycle is unknown"),
        (spoiled(pump=["a", None, "b"]), "row 2, column 'pump': a row names no unit"),
        (spoiled(vibration=["1", "2", "x"]), "column 'vibration': holds string, not numbers"),
        (spoiled(vibration=[1.0, float("inf"), 3.0]), "row 2, column 'vibration': infinity"),
        (spoiled().slice(0, 0), "has no rows"),
    ],
)
def test_a_table_that_cannot_be_used_names_the_place(table: pa.Table, says: str, tmp_path: Path) -> None:
    pa.parquet.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(ConfigError, match=r"t\.parquet") as caught:
        read_units(tmp_path / "t.parquet", unit="pump", cycle="week", sensors=["vibration"])
    assert says in str(caught.value)


def test_nothing_that_changes_is_nothing_to_learn_from(tmp_path: Path) -> None:
    pa.parquet.write_table(spoiled(vibration=[1.0, 1.0, None]), tmp_path / "t.parquet")
    with pytest.raises(ConfigError, match="no column of numbers changes"):
        read_units(tmp_path / "t.parquet", unit="pump", cycle="week")


@pytest.mark.parametrize("name", ["t.xlsx", "t", "missing.csv", "damaged.parquet"])
def test_a_file_that_is_no_table_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "damaged.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(ConfigError, match=name):
        read_units(tmp_path / name, unit="pump", cycle="week")


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "rul", "--data", "{few}", "--config", "{recipe}", "--out", "{tmp}/p"],
        ["train", "rul", "--data", "{few}", "--config", "{tmp}/none.toml", "--out", "{tmp}/p"],
        ["predict", "rul", "--model", "{package}", "--data", "{few}", "--out", "{tmp}/answers.txt"],
        ["predict", "rul", "--model", "{package}", "--data", "{few}", "--out", "/dev/null/answers.csv"],
    ],
)
def test_wrong_arguments_end_with_a_line_and_78(
    arguments: list[str], trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pa.csv.write_csv(pumps(3, 1), tmp_path / "few.csv")
    places = {
        "few": tmp_path / "few.csv",
        "recipe": trained / "pumps.toml",
        "tmp": tmp_path,
        "package": trained / "package",
    }
    assert main([argument.format(**places) for argument in arguments]) == EXIT_CONFIG
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("options", [["--out", "p"], ["--out", "p", "--data", "t", "--drives", "d"]])
def test_a_model_is_made_of_drives_or_of_a_table(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["train", "rul", *options])
    assert ended.value.code == 2
    assert "--data" in capsys.readouterr().err


def test_a_damaged_package_is_not_believed(trained: Path, tmp_path: Path) -> None:
    card = (trained / "package" / "card.json").read_text()
    model = (trained / "package" / "model.onnx").read_bytes()
    (tmp_path / "card.json").write_text(card)
    with pytest.raises(ModelError, match="cannot be read"):
        load_remaining_life(tmp_path)
    (tmp_path / "model.onnx").write_bytes(model[:-1])
    with pytest.raises(ModelError, match="hash differs"):
        load_remaining_life(tmp_path)
    (tmp_path / "card.json").write_text(card[:100])
    with pytest.raises(ModelError, match="is no card"):
        load_remaining_life(tmp_path)
    upside_down = json.loads(card)
    upside_down["bands"].reverse()
    with pytest.raises(ValueError, match="ascend"):
        RemainingLifeCard.model_validate(upside_down)


def test_the_benchmark_of_nasa_stays_as_good_as_the_readme_says(tmp_path: Path) -> None:
    """On units that the model has not seen; the README's table is this one's."""
    recipe = load_rul_recipe(RECIPES / "rul.toml")
    data = find_shared(os.environ) / "data" / "ml"
    file = data / "cmapss_train_FD001.parquet"
    units = read_units(file, unit=recipe.columns.unit, cycle=recipe.columns.cycle)
    assert len(samples_of(units, recipe).target) == 20631
    assert main(["train", "rul", "--data", str(file), "--out", str(tmp_path / "package")]) == 0
    card = load_remaining_life(tmp_path / "package").card
    readme = (ROOT / "models" / "README.md").read_text()
    from models.rul.making import figures  # noqa: PLC0415 - beside what it is compared with

    assert figures(card) in readme
    test = data / "cmapss_test_FD001.parquet"
    arguments = ["--model", tmp_path / "package", "--data", test, "--out", tmp_path / "preds.csv"]
    assert main(["predict", "rul", *map(str, arguments)]) == 0
    rows = list(csv.reader((tmp_path / "preds.csv").read_text().splitlines()))[1:]
    assert [row[0] for row in rows] == [str(n) for n in range(1, 101)]
