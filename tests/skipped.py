"""The last line of `make test`: how many tests were skipped, and why."""

import ast
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path


def skipped_line(*junit: Path) -> str:
    """One line from pytest's junit files: the count, and the reasons with their own counts, most frequent first."""
    reasons = Counter(_reason(skip) for file in junit for skip in ET.parse(file).iterfind(".//skipped[@message]"))
    del reasons["expected to fail"]
    count = reasons.total()
    why = "; ".join(f"{n} {reason}" for reason, n in sorted(reasons.items(), key=lambda item: (-item[1], item[0])))
    return f"skipped: {count} ({why})" if count else "skipped: 0"


def _reason(skip: ET.Element) -> str:
    if skip.get("type") == "pytest.xfail":
        return "expected to fail"
    if skip.get("message") == "collection skipped":  # a whole file; its text is the repr of (file, line, reason)
        _, _, reason = ast.literal_eval(skip.text or "")
        return str(reason).removeprefix("Skipped: ")
    return skip.get("message", "")


if __name__ == "__main__":
    print(skipped_line(*map(Path, sys.argv[1:])))
