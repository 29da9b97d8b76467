"""Where the real recordings are: `$TELLTALE_SHARED`, or `../shared` beside the repository."""

from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def find_shared(environ: Mapping[str, str], root: Path = ROOT) -> Path:
    """The folder that holds `data/MANIFEST.md`; without it the test that asks is skipped, and says where it looked."""
    named = environ.get("TELLTALE_SHARED") or "../shared"
    folder = (root / named).resolve()
    if not (folder / "data" / "MANIFEST.md").is_file():
        pytest.skip(f"real recordings not found in {named}")
    return folder
