"""Where a target writes the files that it is about: in memory where whoever starts it says so."""

import os
from functools import lru_cache
from pathlib import Path

from tests.folders import folder_for_the_run


@lru_cache(maxsize=1)
def scratch() -> Path:
    """One folder for the process: `$SCRATCH`, else one that is gone when the tests are over."""
    given = os.environ.get("SCRATCH")
    return Path(given) if given else folder_for_the_run()
