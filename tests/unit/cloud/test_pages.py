"""Cursors lead back to where a page ended, and nothing else is one."""

import base64
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.errors import Refused
from cloud.pages import Key, KeyPart, Window

KINDS: tuple[type[KeyPart], ...] = (datetime, str, int)
KEYS = st.tuples(
    st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants its bounds naive
    st.text(max_size=20),
    st.integers(-(2**63) + 1, 2**63 - 1),
)


def cursor_of(key: Key) -> str:
    page = Window(limit=1).page([key, key], lambda row: row)
    assert page.after is not None
    return page.after


@given(key=KEYS)
def test_a_cursor_leads_back_to_its_key(key: tuple[datetime, str, int]) -> None:
    assert Window(after=cursor_of(key)).key(KINDS) == key


@given(text=st.text(max_size=40) | st.binary(max_size=40).map(lambda b: base64.urlsafe_b64encode(b).decode()))
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="`after` is no cursor"):
        Window(after=text).key(KINDS)


@pytest.mark.parametrize(
    "parts",
    [
        [],
        ["2026-11-21T08:00:00+00:00", "a"],
        ["2026-11-21T08:00:00+00:00", "a", 1, 2],
        ["2026-11-21T08:00:00", "a", 1],
        ["0001-01-01T00:00:00+14:00", "a", 1],
        ["2026-11-21T08:00:00+00:00", "\ud800", 1],
        ["2026-11-21T08:00:00+00:00", "a", 2**63],
        ["2026-11-21T08:00:00+00:00", "a", True],
        {"a": 1, "b": 2, "c": 3},
        7,
    ],
    ids=str,
)
def test_a_key_of_another_shape_is_refused(parts: object) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()
    with pytest.raises(Refused):
        Window(after=cursor).key(KINDS)


def test_the_first_page_has_no_key_and_the_last_no_cursor() -> None:
    assert Window().key(KINDS) is None
    assert Window(limit=2).page(["a", "b"], lambda row: (row,)).after is None
    assert Window(limit=2).page([], lambda row: (row,)).after is None


def test_a_cursor_in_another_zone_is_brought_to_utc() -> None:
    moment = datetime(2026, 11, 21, 10, tzinfo=timezone(timedelta(hours=2)))
    key = Window(after=cursor_of((moment, "a", 1))).key(KINDS)
    assert key is not None
    assert str(key[0]) == "2026-11-21 08:00:00+00:00"
