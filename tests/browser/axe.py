"""What axe says of a page: whether people who cannot see it, or use no mouse, can use it."""

from typing import Any, Final

import pytest
from playwright.sync_api import Page

from tests.shared import ROOT

SOURCE: Final = ROOT / "cloud" / "console" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS: Final = frozenset({"serious", "critical"})
_RUN: Final = "() => axe.run(document, { resultTypes: ['violations'] })"


def barriers(page: Page) -> list[str]:
    """Every serious or critical violation with the element that has it; [] where there is none."""
    if not SOURCE.exists():
        pytest.skip("axe is not installed (.ci/console .venv test)")
    if not page.evaluate("() => 'axe' in globalThis"):
        page.evaluate(SOURCE.read_text())
    result: dict[str, Any] = page.evaluate(_RUN)
    return [
        f"{found['id']}: {node['target']} {node['failureSummary']}"
        for found in result["violations"]
        if found["impact"] in SERIOUS
        for node in found["nodes"]
    ]
