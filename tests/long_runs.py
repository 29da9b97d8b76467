"""Long runs are resumable: what has passed on these sources is not run again."""

import hashlib
import json
import re
from collections.abc import Generator
from functools import cached_property
from pathlib import Path

import pytest

ROOMS = ("edge", "cloud", "models", "dbc", "systemd", "tests")
MADE = {"__pycache__", "node_modules", "dist"}
"""Folders that are made from the sources, or from a lock file beside them."""


class LongRuns:
    """A pytest plugin: a test marked `long` leaves a result file, and is skipped while that file fits the sources."""

    def __init__(self, root: Path, results: Path) -> None:
        self.root = root
        self.results = results

    @cached_property
    def sources(self) -> str:
        """A hash over all that can change a result: our rooms and the locked packages."""
        files = [self.root / "requirements.lock"]
        for room in ROOMS:
            files += sorted(p for p in (self.root / room).rglob("*") if MADE.isdisjoint(p.parts))
        digest = hashlib.sha256()
        for file in files:
            if file.is_file():
                body = file.read_bytes()
                digest.update(f"{file.relative_to(self.root)}\0{len(body)}\0".encode() + body)
        return digest.hexdigest()

    def result_file(self, item: pytest.Item) -> Path:
        """Where this test's result stands; the name is its node id in the letters a file name may have."""
        return self.results / (re.sub(r"[^\w.-]+", "-", item.nodeid) + ".json")

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        file = self.result_file(item)
        if item.get_closest_marker("long") is None or not file.exists():
            return
        if json.loads(file.read_text())["sources"] == self.sources:
            pytest.skip(f"passed before on the same sources ({self.results.name}/{file.name})")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.when == "call" and report.passed and item.get_closest_marker("long") is not None:
            self.results.mkdir(parents=True, exist_ok=True)
            result = {
                "test": item.nodeid,
                "sources": self.sources,
                "duration_s": round(report.duration, 3),
                "properties": dict(item.user_properties),
            }
            unfinished = self.result_file(item).with_suffix(".part")
            unfinished.write_text(json.dumps(result, indent=2) + "\n")
            unfinished.replace(self.result_file(item))
        return report
