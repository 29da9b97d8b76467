"""Where a target writes the files that it is about: in memory where whoever starts it says so."""

import os
from functools import lru_cache
from pathlib import Path

from edge.errors import ConfigError
from tests.folders import folder_for_the_run


@lru_cache(maxsize=1)
def scratch() -> Path:
    """One folder for the process: `$SCRATCH`, else one that is gone when the tests are over."""
    given = os.environ.get("SCRATCH")
    return Path(given) if given else folder_for_the_run()


def check_refusal(error: ConfigError, file: Path) -> None:
    """A file is refused in words: which it is, what is wrong with it, and what to do."""
    assert error.file == str(file), f"another file is named: {error.file}"
    assert error.problem.strip(), "nothing is wrong"
    assert error.remedy.strip(), "no remedy"
