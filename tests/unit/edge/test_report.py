"""The account of a run, for the person who started it."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from edge.report import Report

REPORT = Report(
    frames=20,
    ids_known=2,
    frames_known=20,
    ids_unknown=0,
    frames_unknown=0,
    frames_decoded=12,
    undecodable={},
    long_messages={},
    answers={},
    samples=40,
    bus_time_s=2.0,
    run_s=0.5,
    cells=20,
    alerts_began=0,
    alerts_ended=0,
    trips=0,
    summaries=0,
    sources={},
    notes=[],
    most_unknown=[],
)


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        ({}, None),
        ({"whole": 1200}, "long         whole 1,200"),
        ({"whole": 3, "timed_out": 1, "missing": 2}, "long         whole 3, timed_out 1, missing 2"),
        ({"unannounced": 5}, "long         unannounced 5"),
    ],
)
def test_long_messages_are_shown_where_there_were_any(counts: Mapping[str, int], line: str | None) -> None:
    report = replace(REPORT, long_messages=counts)
    assert [one for one in report.text().splitlines() if one.startswith("long")] == ([line] if line else [])
    assert json.loads(report.as_json())["long_messages"] == counts
