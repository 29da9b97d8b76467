"""Fixtures that every kind of test may ask for, hypothesis' budgets, and the memory of the long runs."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.folders import remove_folders
from tests.long_runs import LongRuns
from tests.shared import ROOT, find_shared

# Three tests run at a time, and a training that spins on both cores waits for the others at every split of every tree:
# one thread each, in what the tests start as well. It has to be said before anything loads OpenMP.
os.environ.setdefault("OMP_NUM_THREADS", "1")

FUZZ_EXAMPLES = os.environ.get("FUZZ_EXAMPLES")

# An ordinary run gives the same answer every time; only `make fuzz` rolls dice. A slow machine is no failure.
settings.register_profile("ordinary", derandomize=True, deadline=None, database=None)
settings.register_profile("fuzz", max_examples=int(FUZZ_EXAMPLES or 20_000), deadline=None, print_blob=True)
settings.load_profile("fuzz" if FUZZ_EXAMPLES else "ordinary")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(LongRuns(ROOT, ROOT / "build" / "long"), "long-runs")


def pytest_sessionfinish() -> None:
    remove_folders()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real recordings; skips, visibly, where it is absent."""
    return find_shared(os.environ)


@pytest.fixture(scope="session")
def edge_python() -> Path:
    """The interpreter of an environment that holds the edge extra alone, as a box in a vehicle has it."""
    python = ROOT / ".venv-edge" / "bin" / "python"
    if not python.exists():
        pytest.skip("no edge-only environment (make edge-environment)")
    return python


@pytest.fixture(scope="session")
def small_sensors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small package of virtual sensors; without what it learned of any vehicle."""
    from tests.small_sensors import build_small  # noqa: PLC0415  # it needs what training needs

    return build_small(tmp_path_factory.mktemp("small"))
