"""Whatever is killed, cut or delivered twice: each alert is stored once, in order, and each loss is declared."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.chaos.runs import chaos

SHORT = 20
LONG = 500
AT_A_TIME = 20


@pytest.mark.parametrize("seed", range(SHORT))
def test_a_run_loses_nothing_that_it_does_not_declare(seed: int, tmp_path: Path) -> None:
    outcome = chaos(tmp_path / "run", seed)
    assert outcome.is_clean, outcome
    assert outcome.blows


@pytest.mark.long
@pytest.mark.parametrize("first", range(SHORT, SHORT + LONG, AT_A_TIME))
def test_five_hundred_runs(first: int, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    outcomes = [chaos(tmp_path / str(seed), seed) for seed in range(first, first + AT_A_TIME)]
    record_property("outcomes", [asdict(one) for one in outcomes])
    assert [one for one in outcomes if not one.is_clean] == []
