"""What the tests themselves stand on: the shared recordings, the last line, the long runs, the benchmark runner."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.__main__ import run
from tests.bench.rows import Row, Work
from tests.shared import ROOT, find_shared
from tests.skipped import skipped_line

UNUSED = [word for plugin in ("cacheprovider", "langsmith_plugin", "schemathesis") for word in ("-p", f"no:{plugin}")]
"""Plugins that cost seconds at every start."""


def inner_pytest(folder: Path, *arguments: str, environ: dict[str, str] | None = None) -> str:
    """The output of a pytest of its own in `folder`, with our modules at hand."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *UNUSED, "-q", *arguments],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT), **(environ or {})},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_shared_is_where_the_environment_says(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "MANIFEST.md").touch()
    assert find_shared({"TELLTALE_SHARED": str(tmp_path)}) == tmp_path


def test_shared_is_beside_the_repository_unless_told_otherwise(tmp_path: Path) -> None:
    (tmp_path / "shared" / "data").mkdir(parents=True)
    (tmp_path / "shared" / "data" / "MANIFEST.md").touch()
    assert find_shared({}, root=tmp_path / "telltale") == tmp_path / "shared"


def test_without_shared_the_test_is_skipped_and_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(pytest.skip.Exception, match=r"^real recordings not found in \.\./shared$"):
        find_shared({"TELLTALE_SHARED": ""}, root=tmp_path / "telltale")


TESTS_THAT_SKIP = """
import pytest

@pytest.fixture
def recordings():
    pytest.skip("real recordings not found in ../shared")

@pytest.mark.parametrize("n", range(3))
def test_recording(recordings, n): ...

@pytest.mark.skip(reason="kernel has no CAN")
def test_can(): ...

def test_good(): ...

@pytest.mark.xfail(reason="known")
def test_known(): assert False
"""


def test_the_last_line_counts_skipped_tests_by_reason(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(TESTS_THAT_SKIP)
    (tmp_path / "test_whole_file.py").write_text("import pytest\npytest.importorskip('no_such_module')\n")
    inner_pytest(tmp_path, "--junitxml=done.xml")
    assert skipped_line(tmp_path / "done.xml") == (
        "skipped: 5 (3 real recordings not found in ../shared; "
        "1 could not import 'no_such_module': No module named 'no_such_module'; 1 kernel has no CAN)"
    )


def test_the_last_line_says_so_when_nothing_was_skipped(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text("def test_good(): ...\n")
    inner_pytest(tmp_path, "--junitxml=done.xml")
    assert skipped_line(tmp_path / "done.xml") == "skipped: 0"


CONFTEST = """
from pathlib import Path
from tests.long_runs import LongRuns

def pytest_configure(config):
    here = Path(__file__).parent
    config.addinivalue_line("markers", "long: takes long")
    config.pluginmanager.register(LongRuns(here, here / "results"))
"""

LONG_TESTS = """
import pytest

@pytest.mark.long
def test_passes(record_property): record_property("alerts", 2000)

@pytest.mark.long
def test_fails(): assert False

def test_short(): ...
"""


def test_a_long_run_that_passed_is_not_run_again_until_something_changes(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_long.py").write_text(LONG_TESTS)
    (tmp_path / "requirements.lock").touch()
    (tmp_path / "edge").mkdir()
    (tmp_path / "edge" / "history.py").touch()

    assert "1 failed, 2 passed" in inner_pytest(tmp_path)
    (file,) = (tmp_path / "results").iterdir()
    assert file.name == "test_long.py-test_passes.json"
    assert json.loads(file.read_text())["properties"] == {"alerts": 2000}

    again = inner_pytest(tmp_path, "-rs")
    assert "1 failed, 1 passed, 1 skipped" in again
    assert "passed before on the same sources (results/test_long.py-test_passes.json)" in again

    (tmp_path / "edge" / "history.py").write_text("changed = True\n")
    assert "1 failed, 2 passed" in inner_pytest(tmp_path)


def fast() -> list[Row]:
    return [Row("fast", 2.0, "µs/frame", "bare loop", 8.0, Work.of(2, [0.1, 0.2, 0.3]), Work.of(2, [0.5]))]


def never() -> list[Row]:
    raise AssertionError("was not asked for")


def test_bench_writes_its_rows_beside_their_peers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "build" / "bench.json"
    assert run(["--only", "fast"], {"fast": fast, "never": never}, out) == 0
    assert json.loads(out.read_text()) == [
        {
            "name": "fast",
            "value": 2.0,
            "unit": "µs/frame",
            "peer": "bare loop",
            "peer_value": 8.0,
            "work": {"frames": 2, "samples": 3, "checksum": 0.6},
            "peer_work": {"frames": 2, "samples": 1, "checksum": 0.5},
            "ratio": 0.25,
        }
    ]
    line = capsys.readouterr().out
    assert "0.250 of bare loop" in line
    assert "3 samples, checksum 0.6" in line
    assert "peer: 2 frames, 1 samples, checksum 0.5" in line


def test_bench_refuses_a_name_it_does_not_have(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "build" / "bench.json"
    assert run(["--only", "fsat"], {"fast": fast}, out) == 2
    assert capsys.readouterr().err == "no benchmark is called fsat; there are: fast\n"
    assert not out.exists()
