"""The fuzzer itself: it finds what fails, hangs or grows, keeps the input, and says so by its status."""

from pathlib import Path
from random import Random

import pytest

from tests.fuzz import __main__ as program
from tests.fuzz import watch
from tests.fuzz.dice import Dice
from tests.fuzz.drive import by_chance
from tests.fuzz.pick import picked
from tests.fuzz.targets import TARGETS, Target
from tests.fuzz.watch import Report, Watch


class Over(Exception):
    """Of inputs there were enough."""


def tried(target: Target, out: Path, *, inputs: int = 2_000) -> Report:
    watching = Watch("made", target, out, inputs=inputs, seconds=60.0)

    def take(content: bytes) -> None:
        watching.take(content)
        if watching.is_over:
            raise Over

    with pytest.raises(Over):
        by_chance(take, [out / "no-seeds"], target.bytes_max, 7)
    return watching.report()


def fails_at_a_byte(content: bytes) -> None:
    assert 0x07 not in content, "a seven"


def finds_nothing(content: bytes) -> None:
    assert len(content) >= 0


def test_what_fails_is_kept_with_its_trace_the_smallest_of_each_way(tmp_path: Path) -> None:
    report = tried(Target(fails_at_a_byte, 1, 50), tmp_path)
    assert report.inputs == 2_000
    assert 0 < report.failed < 2_000
    [file] = map(Path, report.failures)
    assert file.name.startswith("made-crash-")
    assert 0x07 in file.read_bytes()
    assert "a seven" in file.with_suffix(".txt").read_text()
    assert sorted(tmp_path.iterdir()) == sorted([file, file.with_suffix(".txt")])


def test_what_hangs_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs(content: bytes) -> None:
        while content[:1] == b"\x00":
            pass

    monkeypatch.setattr(watch, "HANG_S", 0.05)
    report = tried(Target(hangs, 1, 50), tmp_path, inputs=100_000)
    [file] = map(Path, report.failures)
    assert file.name.startswith("made-hang-")
    assert file.read_bytes()[:1] == b"\x00"
    assert report.inputs < 100_000


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    report = tried(Target(finds_nothing, 1, 50), tmp_path, inputs=50)
    assert (report.inputs, report.failed, report.failures) == (50, 0, ())
    assert report.begin_mb > 0
    told = tmp_path / "made.json"
    report.write(told)
    assert Report.read(told) == report


@pytest.mark.parametrize(
    ("report", "problem"),
    [
        (Report("made", 100, begin_mb=50.0, end_mb=60.0), ""),
        (Report("made", 100, begin_mb=50.0, end_mb=50.0 + program.GROWTH_MB + 1), "grows by 17 MB"),
        (Report("made", 100, failed=3, failures=("a", "b")), "3 fail, in 2 ways"),
    ],
)
def test_growth_and_failures_are_told(report: Report, problem: str) -> None:
    assert program.judged(program.Ran(report)).problem == problem


def test_the_conclusion_says_how_to_see_it_again() -> None:
    rans = [
        program.Ran(Report("good", 1_000)),
        program.judged(program.Ran(Report("bad", 500, failed=1, failures=("f",)))),
    ]
    first, bad, again = program.conclusion(rans).splitlines()
    assert first == "1,500 inputs in all; 1 of 2 targets failed"
    assert bad.strip() == "bad: 1 fail, in 1 way"
    assert again.endswith("-m tests.fuzz --replay f")


def test_a_run_of_one_target_says_how_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "OUT", tmp_path)
    assert program.main(["--only", "long_messages", "--inputs", "200", "--seed", "3"]) == 0
    told = capfd.readouterr().out
    assert "seed 3" in told
    assert "200 inputs in all; 0 of 1 targets failed" in told


def test_a_kept_input_is_tried_once_more_by_its_name(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "long_messages-crash-0123456789ab"
    file.write_bytes(b"\x00\x01")
    assert program.main(["--replay", str(file)]) == 0
    assert "passes" in capfd.readouterr().out
    other = tmp_path / "other"
    other.write_bytes(b"")
    assert program.main(["--replay", str(other)]) == 2


def test_dice_say_the_first_when_they_are_at_an_end() -> None:
    dice = Dice(b"\x05\xff")
    assert (dice.number(9), dice.pick("abc"), bool(dice)) == (5, "a", False)
    assert (dice.number(9), dice.pick("abc"), dice.chance(2), dice.take(3)) == (0, "a", False, b"")


def test_seeds_are_the_smallest_that_reach_everything() -> None:
    target, dice = TARGETS["long_messages"], Random(1)
    inputs = [dice.randbytes(size) for size in (1, 2, 3, 40, 41, 42)]
    seeds = picked(target, inputs)
    assert 0 < len(seeds) < len(inputs)
    assert picked(target, seeds) == seeds
