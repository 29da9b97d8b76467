"""The lock files: complete, hashed, in agreement, and free of any index or machine."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.shared import ROOT

EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
LOCKS = {
    "requirements.lock": set(EXTRAS),
    "requirements-edge.lock": {"edge"},
    "requirements-demo.lock": {"edge", "cloud", "console-build"},
}
SETUP = "requirements-setup.lock"


def entries(lock: str) -> list[str]:
    """The requirements of a lock file, each with its hashes on one line, without comments."""
    text = re.sub(r"\\\n\s*", "", (ROOT / lock).read_text())
    return [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]


def pins(lock: str) -> dict[str, set[str]]:
    """Canonical name → the versions pinned for it; there are several where a marker tells them apart."""
    found: dict[str, set[str]] = {}
    for entry in entries(lock):
        requirement = Requirement(entry.split(" --hash=")[0])
        (pin,) = requirement.specifier
        assert pin.operator == "==", entry
        found.setdefault(canonicalize_name(requirement.name), set()).add(pin.version)
    return found


def pinned_files(lock: str) -> set[tuple[str, frozenset[str]]]:
    """What is pinned with which hashes; where fewer ask for a package, a marker may let fewer machines have it."""
    return {
        (re.split(r"[ ;]", entry, maxsplit=1)[0], frozenset(re.findall(r"--hash=(\S+)", entry)))
        for entry in entries(lock)
    }


def test_these_are_all_the_lock_files() -> None:
    assert {path.name for path in ROOT.glob("*.lock")} == {*LOCKS, SETUP}


@pytest.mark.parametrize("lock", [*LOCKS, SETUP])
def test_every_requirement_is_pinned_and_hashed(lock: str) -> None:
    assert entries(lock)
    for entry in entries(lock):
        assert re.fullmatch(r"[a-z0-9._-]+==\S+(?: ; [^#]*?)?(?: *--hash=sha256:[0-9a-f]{64})+", entry), entry


@pytest.mark.parametrize("lock", [*LOCKS, SETUP])
def test_no_index_and_no_machine_is_named(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert not re.search(r"--(?!hash=)\w", text)
    assert not re.search(r"(?:^|\s)/\w", text), "an absolute path"


@pytest.mark.parametrize(("lock", "extras"), LOCKS.items())
def test_a_lock_covers_its_extras_at_allowed_versions(lock: str, extras: set[str]) -> None:
    pinned = pins(lock)
    for extra in extras:
        for requirement in map(Requirement, EXTRAS[extra]):
            versions = pinned[canonicalize_name(requirement.name)]
            assert all(version in requirement.specifier for version in versions), f"{lock}: {requirement}"


@pytest.mark.parametrize("lock", ["requirements-edge.lock", "requirements-demo.lock", SETUP])
def test_smaller_locks_are_parts_of_everything(lock: str) -> None:
    assert pinned_files(lock) <= pinned_files("requirements.lock")


def test_a_box_gets_no_training_no_web_service_and_no_orm() -> None:
    unwanted = {"scikit-learn", "skl2onnx", "onnx", "pandas", "fastapi", "sqlalchemy", "alembic", "starlette"}
    assert not unwanted & pins("requirements-edge.lock").keys()


def test_the_demo_gets_no_tools_and_no_training() -> None:
    lock = "requirements-demo.lock"
    unwanted = {"pytest", "ruff", "mypy", "hypothesis", "scikit-learn", "skl2onnx", "onnx", "pandas", "pyarrow", "obd"}
    assert unwanted & pins(lock).keys() == {"pandas"}, "OR-Tools requires it"
    askers = re.search(r"^pandas==[^#]*# via (.*)$", (ROOT / lock).read_text(), re.MULTILINE)
    assert askers is not None
    assert askers[1] == "ortools, -c requirements.lock", "nobody else may"


def test_the_edge_environment_holds_its_lock_and_the_setup_only(edge_python: Path) -> None:
    listed = subprocess.run(
        [edge_python, "-c", "import importlib.metadata as m; print(*(d.name for d in m.distributions()))"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    installed = {canonicalize_name(name) for name in listed.stdout.split()}
    allowed = {*pins("requirements-edge.lock"), *pins(SETUP), "telltale", "pip", "setuptools", "wheel"}
    assert installed <= allowed
    assert {"cantools", "telltale"} <= installed


def test_every_edge_module_imports_in_the_edge_environment(edge_python: Path) -> None:
    """All of edge runs on what a box gets, and none of it needs the packages of cloud, models or the tests.

    But for the program around python-OBD, which is of the extra `elm327`, the display's service, of `display`, and what
    is drawn live, of `top`.
    """
    others = {
        *{("elm327", "child.py"), ("display", "app.py"), ("display", "gate.py"), ("display", "serve.py")},
        *{("status", "board.py"), ("status", "top.py")},
    }
    modules = sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in (ROOT / "edge").rglob("*.py")
        if path.name != "__main__.py" and path.parts[-2:] not in others
    )
    imported = subprocess.run(
        [edge_python, "-W", "error", "-c", f"import importlib; [*map(importlib.import_module, {modules})]"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert imported.returncode == 0, imported.stderr
