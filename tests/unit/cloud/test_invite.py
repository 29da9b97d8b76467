"""The iCalendar object, read back by the rules of RFC 5545 with nothing of the library that wrote it."""

import re
from dataclasses import replace

import pytest

from cloud.scheduling.booking import Booking, hold
from cloud.scheduling.invite import invite
from cloud.scheduling.model import Slot
from tests.unit.cloud.workshop import MONDAY, centre, hours_after, job

HELD = hold("0" * 32, job(), Slot("mitte", "1", "anna", hours_after(2), hours_after(3.5)), MONDAY)
BOOKED = HELD.confirm(MONDAY)


def read(text: bytes) -> dict[str, tuple[dict[str, str], str]]:
    """Name → parameters and value; RFC 5545, 3.1: lines of at most 75 octets, unfolded, and 3.3.11: text unescaped."""
    assert text.endswith(b"\r\n")
    lines = text.removesuffix(b"\r\n").split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    found = {}
    for line in text.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n"):
        head, value = re.fullmatch(r'((?:[^:"]|"[^"]*")+):(.*)', line).groups()  # type: ignore[union-attr] # or it fails
        name, *parameters = re.findall(r'(?:[^;"]|"[^"]*")+', head)
        pairs = dict(parameter.split("=", 1) for parameter in parameters)
        unescaped = re.sub(r"\\(.)", lambda one: "\n" if one[1] in "nN" else one[1], value)
        found[f"{name} {value}" if name in {"BEGIN", "END"} else name] = (pairs, unescaped)
    return found


def values(text: bytes, *names: str) -> list[str]:
    return [read(text)[name][1] for name in names]


def test_a_booking_is_an_event_in_utc() -> None:
    text = invite(BOOKED, centre(), "owner@example.org")
    assert next(iter(read(text))) == "BEGIN VCALENDAR"
    assert list(read(text))[-1] == "END VCALENDAR"
    assert values(text, "VERSION", "METHOD", "UID", "SEQUENCE", "STATUS") == [
        "2.0", "REQUEST", f"{'0' * 32}@telltale", "1", "CONFIRMED",
    ]  # fmt: skip
    assert values(text, "DTSTAMP", "DTSTART", "DTEND") == ["20261123T060000Z", "20261123T080000Z", "20261123T093000Z"]
    assert values(text, "ORGANIZER", "ATTENDEE") == ["mailto:mitte@example.org", "mailto:owner@example.org"]
    assert values(text, "SUMMARY", "LOCATION") == ["van-7: cooling", "Workshop mitte"]


@pytest.mark.parametrize(
    ("booking", "attendee", "method", "status"),
    [
        (HELD, None, "PUBLISH", "TENTATIVE"),
        (HELD, "o@example.org", "REQUEST", "TENTATIVE"),
        (BOOKED, None, "PUBLISH", "CONFIRMED"),
        (BOOKED.cancel("sold", MONDAY), "o@example.org", "CANCEL", "CANCELLED"),
        (BOOKED.lose("the centre was removed", MONDAY), None, "CANCEL", "CANCELLED"),
        (replace(HELD, hold_until=MONDAY).as_of(MONDAY), None, "CANCEL", "CANCELLED"),
    ],
)
def test_method_and_status_follow_the_state(booking: Booking, attendee: str | None, method: str, status: str) -> None:
    text = invite(booking, centre(), attendee)
    assert values(text, "METHOD", "STATUS") == [method, status]
    assert ("ATTENDEE" in read(text)) == (attendee is not None)


def test_a_later_one_replaces_an_earlier_one() -> None:
    moved = BOOKED.move(replace(BOOKED.slot, start_at=hours_after(4)), MONDAY)
    before, after = (values(invite(one, centre()), "UID", "SEQUENCE") for one in (BOOKED, moved))
    assert before[0] == after[0]
    assert int(after[1]) > int(before[1])


def test_odd_names_are_escaped_and_long_lines_folded_between_characters() -> None:
    name = 'Würth & Söhne; "Nord", Halle 3\\4: ' + "ä" * 120
    reason = "first line\nsecond, with; all \\ of it " + "ö" * 120
    text = invite(BOOKED.cancel(reason, MONDAY), centre(name=name))
    assert values(text, "LOCATION", "DESCRIPTION") == [name, reason]
    assert "END VEVENT" in read(text)
