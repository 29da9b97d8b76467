"""The test bed: figures by their definitions, a protocol without a leak, and any table of the shape by config alone."""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.detect.multivariate.kind import Kind, learn_kind
from edge.detect.multivariate.learned import learn
from edge.errors import EXIT_CONFIG, ConfigError
from models.cli import main
from models.recipe import RECIPES
from models.testbed.contenders import Contender, q_limit, t2_limit
from models.testbed.counts import NOTHING, Counts
from models.testbed.healthy import alarmed_in_next_run, alarmed_in_second_half, missed_when_shifted
from models.testbed.judging import count_runs, entries
from models.testbed.recipe import Columns, TestbedRecipe, load_testbed_recipe
from models.testbed.report import contender_line
from models.testbed.table import Run, read_runs
from tests.shared import ROOT, find_shared

Float64s = npt.NDArray[np.float64]

LEARNING = 120
RECIPE = """
name = "loop"
description = "made up"
licence = "none"
[columns]
run = "run"
time = "second"
label = "broken"
sensors = ["flow", "pressure", "warmth"]
[protocol]
learning_rows = 120
develop = ["r0", "r1", "r2"]
shift = 10.0
[watch]
window_rows = 8
straying_max = 2.0
explained = 0.9
folds = 2
margin = 1.5
clear_share = 0.6
hold_rows = 4
[challengers]
confidence = 0.99
trees = 20
seeds = [0, 1]
"""


def rows_of(seed: int, broken: npt.NDArray[np.bool_]) -> Float64s:
    """A loop with a valve that closes: flow falls, pressure rises; the warmth is another one at every start."""
    rng = np.random.default_rng(seed)
    flow = 32.0 + rng.normal(0.0, 0.5, len(broken)) - 3.0 * broken
    pressure = 2.0 + rng.normal(0.0, 0.1, len(broken)) + 0.4 * broken
    warmth = rng.uniform(20.0, 90.0) + rng.normal(0.0, 0.1, len(broken))
    return np.stack([flow, pressure, warmth], axis=1)


def runs_of(count: int) -> list[Run]:
    broken = np.zeros(300, bool)
    broken[180:250] = True
    return [Run(f"r{seed}", seed, rows_of(seed, broken), broken) for seed in range(count)]


def table_of(runs: list[Run]) -> pa.Table:
    return pa.table(
        {
            "run": [run.name for run in runs for _ in run.rows],
            "second": [1000 * run.began + at for run in runs for at in range(len(run.rows))],
            **{name: np.concatenate([run.rows[:, at] for run in runs]) for at, name in enumerate(SENSORS)},
            "broken": np.concatenate([run.faulty.astype(float) for run in runs]),
        }
    )


SENSORS = ("flow", "pressure", "warmth")
COLUMNS = Columns(run="run", time="second", label="broken", sensors=SENSORS)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> TestbedRecipe:
    file = tmp_path_factory.mktemp("loop") / "loop.toml"
    file.write_text(RECIPE)
    return load_testbed_recipe(file)


@pytest.fixture(scope="module")
def kind(recipe: TestbedRecipe) -> Kind:
    return learn_kind(SENSORS, [run.rows[:LEARNING] for run in runs_of(3)], recipe.watch)


def evaluate(folder: Path, runs: list[Run], *more: str) -> int:
    pa.parquet.write_table(table_of(runs), folder / "loop.parquet")
    (folder / "loop.toml").write_text(RECIPE)
    arguments = ["evaluate", "loop", "--config", folder / "loop.toml", "--data", folder / "loop.parquet"]
    return main([*map(str, arguments), *more])


PAIRS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40)


@given(pairs=PAIRS, cut=st.integers(0, 40))
def test_figures_are_what_their_definitions_say_and_add_up(pairs: list[tuple[bool, bool]], cut: int) -> None:
    alarms, faulty = (np.array(part, bool) for part in zip(*pairs, strict=True))
    counts = Counts.of(alarms[:cut], faulty[:cut]) + Counts.of(alarms[cut:], faulty[cut:])
    assert counts == Counts.of(alarms, faulty) + NOTHING
    if (~faulty).any():
        assert counts.far == pytest.approx(alarms[~faulty].mean())
    if faulty.any():
        recall = alarms[faulty].mean()
        assert counts.mar == pytest.approx(1.0 - recall)
        precision = faulty[alarms].mean() if alarms.any() else 0.0
        f1 = 2.0 * precision * recall / (precision + recall) if recall else 0.0
        assert counts.f1 == pytest.approx(f1)


def test_nothing_to_share_is_unknown_and_not_zero() -> None:
    assert np.isnan([NOTHING.f1, NOTHING.far, NOTHING.mar]).all()


@pytest.mark.parametrize(("components", "quantile"), [(1, 6.635), (2, 9.210), (5, 15.086), (10, 23.209)])
def test_the_textbooks_limits_are_those_of_chi_square(components: int, quantile: float) -> None:
    """Where all variances are 1, Q is chi-square distributed too; quantiles at 0.99 as printed in any table."""
    assert t2_limit(components, 0.99) == pytest.approx(quantile, rel=0.02)
    assert q_limit(np.ones(components), 0.99) == pytest.approx(quantile, rel=0.02)


def test_nothing_left_out_has_no_room() -> None:
    assert q_limit(np.zeros(2), 0.99) == 0.0


@pytest.mark.parametrize("entry", range(7))
def test_no_contender_knows_what_comes_later(entry: int, recipe: TestbedRecipe, kind: Kind) -> None:
    """Rows from 200 on are other ones: what was judged before stays, and so does what was learned."""
    contender: Contender = list(entries(recipe, kind))[entry].seeded[0]
    run = runs_of(6)[5]
    before = contender.alarms(run.rows, LEARNING)
    changed = run.rows.copy()
    changed[200:] = 1e3
    after = contender.alarms(changed, LEARNING)
    np.testing.assert_array_equal(before[: 200 - LEARNING], after[: 200 - LEARNING])


def test_no_row_after_the_learning_rows_touches_what_is_learned(recipe: TestbedRecipe, tmp_path: Path) -> None:
    """From the file on: other rows and other labels after row 120 leave kind, level and limits to the bit."""
    runs = runs_of(4)
    learned = []
    for name, later in (("a.parquet", 0.0), ("b.parquet", 77.0)):
        for run in runs:
            run.rows[LEARNING:] += later
            run.faulty[LEARNING:] ^= bool(later)
        pa.parquet.write_table(table_of(runs), tmp_path / name)
        read = read_runs(tmp_path / name, COLUMNS, LEARNING)
        kind = learn_kind(SENSORS, [run.rows[:LEARNING] for run in read[:3]], recipe.watch)
        learned.append([learn(run.rows[:LEARNING], kind, recipe.watch).to_dict() for run in read])
    assert learned[0] == learned[1]


def test_the_watch_finds_the_valve_and_what_is_dumb_does_not(recipe: TestbedRecipe, kind: Kind) -> None:
    runs = runs_of(8)[3:]
    pooled = {
        entry.name: sum(count_runs(entry.seeded[0], runs, LEARNING).values(), NOTHING)
        for entry in entries(recipe, kind)
    }
    assert pooled["watch"].f1 > 0.85
    assert pooled["watch"].far < 0.15
    assert (pooled["always"].far, pooled["always"].mar) == (1.0, 0.0)
    assert (pooled["never"].far, pooled["never"].mar) == (0.0, 1.0)
    assert 0.4 < pooled["random, every other row"].far < 0.6
    assert pooled["random, every other row"].f1 < pooled["always"].f1 < pooled["watch"].f1


def test_what_is_known_without_labels_looks_at_no_later_row(recipe: TestbedRecipe, kind: Kind) -> None:
    watch = next(entries(recipe, kind)).seeded[0]
    shifts = {0: -10.0 * float(kind.space.scale[0])}
    told = []
    for later in (0.0, 50.0):
        runs = runs_of(5)
        for run in runs:
            run.rows[LEARNING:] += later
        told.append(
            (
                alarmed_in_second_half(watch, runs, LEARNING),
                alarmed_in_next_run(watch, runs, LEARNING, 12),
                missed_when_shifted(watch, runs, LEARNING, shifts, 8),
            )
        )
    assert told[0] == told[1]
    assert max(told[0]) < 0.2


def test_the_next_run_is_the_next_one_in_time(recipe: TestbedRecipe, kind: Kind) -> None:
    """Flow falls from run to run: backwards in time it would rise, and in another order jump."""
    watch = next(entries(recipe, kind)).seeded[0]
    runs = runs_of(4)
    for run in runs:
        run.rows[:, 0] -= 0.3 * run.began
    shuffled = [runs[2], runs[0], runs[3], runs[1]]
    assert alarmed_in_next_run(watch, shuffled, LEARNING, 12) == alarmed_in_next_run(watch, runs, LEARNING, 12)


def test_the_command_prints_three_tables_and_the_hashes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(tmp_path, runs_of(5)) == 0
    told = capsys.readouterr().out
    for words in ("The 3 runs whose labels chose", "The 2 other runs:", "All 5 runs:"):
        assert words in told
    assert "warmth" in told.split("(left out)")[0]
    assert told.count("| isolation forest, rows |") == 4
    assert told.count("sha256") == 2


def test_while_one_develops_the_other_runs_stay_closed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for later in (0.0, 9.0):
        runs = runs_of(5)
        for run in runs[3:]:
            run.rows[LEARNING:] += later
            run.faulty[LEARNING:] ^= bool(later)
        assert evaluate(tmp_path, runs, "--develop") == 0
        told.append([line for line in capsys.readouterr().out.splitlines() if "sha256" not in line])
    assert told[0] == told[1]
    assert not any("r4" in line for line in told[0])


def spoiled(**changes: list[object]) -> pa.Table:
    rows: dict[str, list[object]] = {
        "run": ["a"] * 3,
        "second": [1, 2, 3],
        "flow": [1.0, 2.0, 3.0],
        "broken": [0, 0, 1],
    }
    return pa.table({**rows, **changes})


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (spoiled().drop_columns(["second"]), "has no column 'second'"),
        (spoiled().slice(0, 2), "run a: has only 2 rows"),
        (spoiled(broken=[0, 1, 1]), "run a: a fault is among the first 2 rows"),
        (spoiled(broken=[0, 0, None]), "run a: a label is neither 0 nor 1"),
        (spoiled(broken=[0, 0, 2]), "run a: a label is neither 0 nor 1"),
        (spoiled(broken=[None, None, None]), "no run has labels"),
        (spoiled(flow=["1", "2", "x"]), "column 'flow': holds string, not numbers"),
    ],
)
def test_a_table_that_cannot_be_used_names_the_place(table: pa.Table, says: str, tmp_path: Path) -> None:
    pa.parquet.write_table(table, tmp_path / "t.parquet")
    columns = Columns(run="run", time="second", label="broken", sensors=("flow",))
    with pytest.raises(ConfigError, match=r"t\.parquet") as caught:
        read_runs(tmp_path / "t.parquet", columns, 2)
    assert says in str(caught.value)


def test_a_run_without_labels_is_not_judged(tmp_path: Path) -> None:
    labelled = spoiled(broken=[0.0, 0.0, 1.0])
    without = spoiled(run=["b"] * 3, broken=pa.array([None] * 3, pa.float64()))
    pa.parquet.write_table(pa.concat_tables([without, labelled]), tmp_path / "t.parquet")
    columns = Columns(run="run", time="second", label="broken", sensors=("flow",))
    assert [run.name for run in read_runs(tmp_path / "t.parquet", columns, 2)] == ["a"]


def test_a_recipe_for_runs_that_are_not_there_ends_with_a_line_and_78(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(tmp_path, runs_of(2)) == EXIT_CONFIG
    assert "has no run 'r2' with labels" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--data", "t", "--package", "p"]])
def test_a_package_or_a_test_bed_is_judged(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", "skab", *options])
    assert ended.value.code == 2
    assert "--data" in capsys.readouterr().err


def test_the_skoltech_benchmark_stays_as_good_as_the_readme_says() -> None:
    """The README's lines of the watch are these."""
    recipe = load_testbed_recipe(RECIPES / "skab.toml")
    file = find_shared(os.environ) / "data" / "ml" / "skab-valves.parquet"
    rows = recipe.protocol.learning_rows
    runs = read_runs(file, recipe.columns, rows)
    develop = recipe.protocol.develop
    kind = learn_kind(recipe.columns.sensors, [run.rows[:rows] for run in runs if run.name in develop], recipe.watch)
    counted = count_runs(next(entries(recipe, kind)).seeded[0], runs, rows)
    names = [run.name for run in runs]
    others = [name for name in names if name not in develop]
    assert (len(runs), len(others)) == (20, 14)
    readme = (ROOT / "models" / "README.md").read_text()
    for part in (develop, others, names):
        assert contender_line("watch", [counted], part) in readme
