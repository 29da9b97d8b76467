"""Numbers in words."""

import pytest

from edge.status.words import counted, number, plain, size, span


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "unknown"), (0.0, "0.0 s"), (9.94, "9.9 s"), (59.4, "59 s"), (60.0, "1 min"), (3599.0, "59 min"),
        (3600.0, "1 h"), (11_520.0, "3 h 12 min"), (86_400.0, "1 d"), (200_000.0, "2 d 7 h"),
    ],
)  # fmt: skip
def test_spans(seconds: float | None, said: str) -> None:
    assert span(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [(None, "unknown"), (0, "0 B"), (999, "999 B"), (3400, "3.4 kB"), (256_000_000, "256 MB"), (25e12, "25000 GB")],
)
def test_sizes(count: float | None, said: str) -> None:
    assert size(count) == said


def test_numbers() -> None:
    assert number(None, "km/h") == "unknown"
    assert number(79_101_700.0, "m") == "7.91017e+07 m"
    assert number(0.5) == "0.5"
    assert (counted(1, "rule"), counted(2000, "frame")) == ("1 rule", "2,000 frames")


def test_what_a_terminal_would_obey_is_a_question_mark() -> None:
    assert plain("a\x1b[2J\tb\nc °C ✓") == "a?[2J?b?c °C ✓"
