"""The screen: what is wrong first, eighty columns, unknown in words, nothing that a terminal obeys."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.status import told
from edge.status.screen import WIDTH, screen
from tests.unit.edge.status.a_status import bus, well
from tests.unit.edge.status.test_verdict import NOTES, WRONG

UNKNOWN: dict[str, Any] = {
    "understood": told.Understood(frames=None, known_percent=None, counters={}, most_unknown=[]),
    "signals": told.Signals(known=None, heard=None, fresh=None, withheld=None, left_out=0, values=[]),
    "position": None,
    "rules": told.Rules(armed=None, unarmed={}, refused=0, named=[]),
    "alerts": told.Alerts(firing=None, pending=None, left_out=0, fires=[]),
    "captures": told.Captures(open=None, counters={}),
    "box": told.Box(
        state_folder="/var/lib/telltale", disk_free_bytes=None, memory_bytes=None, memory_available_bytes=None
    ),
    "daemon__up_s": 1.5, "daemon__judged_ago_s": None, "daemon__doing": None,
    "daemon__in_trip": None, "daemon__trip_since_at": None,
    "daemon__private": None, "daemon__workshop": None,
    "outbox__messages": None, "outbox__bytes": None, "outbox__as_of_s": None, "outbox__waiting": [],
}  # fmt: skip


def alert(text: str | None) -> told.AlertStatus:
    return told.AlertStatus(
        rule="hot", component="cooling", severity="critical", action="stop_now",
        since_at="2026-11-30T16:59:00.000000Z", for_s=60.0, summary=text,
    )  # fmt: skip


def row(text: str, part: str) -> str:
    return next(line for line in text.splitlines() if line[2:].startswith(part))


def test_of_a_box_that_is_well() -> None:
    text = screen(well(), 0.4)
    assert text.splitlines()[:4] == [
        "Telltale 0.1.0: van-7 of fleet depot, as of 0.4 s ago",
        "up 1 h, since 2026-11-30T16:00:00Z; profile telltale-car;",
        "/etc/telltale/edge.toml",
        "",
    ]
    assert text.splitlines()[4] == "ALL IS WELL"
    assert row(text, "buses") == ("✓ buses       engine: up, 1,204 frames/s, load 34 %, nothing lost, 97 %")
    assert row(text, "alerts") == "· alerts      none fires"
    assert row(text, "vehicle").startswith("✓ vehicle     idling; trip since 2026-11-30T16:50:00Z; position known")
    assert "written 2.7 MB; 1.9 MB per hour of driving" in text
    assert "last acknowledged 12 s ago" in text


def test_which_bundle_runs_and_which_is_to_run() -> None:
    assert row(screen(well(), 0.4), "bundle") == "✓ bundle      autumn, version 3, slot a"
    none = {"update__slot": None, "update__name": "none"}
    assert row(screen(well(**none), 0.4), "bundle") == "· bundle      none: what the installer has set up"
    trial = {"update__on_trial": True, "update__probation_left_s": 90.0}
    assert row(screen(well(**trial), 0.4), "bundle").endswith("slot a; on probation for 1 min more")
    wanted = {"update__wanted": "winter", "update__wanted_version": 4, "update__wanted_bytes": 4_000_000}
    text = screen(well(**wanted, update__fetched_bytes=1_000_000), 0.4)
    assert "wanted: winter, version 4, 1.0 MB of 4.0 MB fetched" in text
    assert "wanted: none, version 4\n" in screen(well(update__wanted="none", update__wanted_version=4), 0.4)
    assert "bundle" not in screen(well(update=None), 0.4)


@pytest.mark.parametrize(("changed", "said"), [*WRONG.values(), *NOTES.values()], ids=[*WRONG, *NOTES])
def test_what_is_found_stands_before_the_parts_and_marks_its_own(changed: dict[str, Any], said: str) -> None:
    text = screen(well(**changed), 0.4)
    before = text[: text.index("vehicle     ")]
    assert said in " ".join(before.split())
    assert max(map(len, text.splitlines())) <= WIDTH
    parts = text[len(before) - 2 :].splitlines()
    assert len([line for line in parts if line.startswith(("✗ ", "! "))]) == 1


def test_the_number_of_things_is_said() -> None:
    text = screen(well(box__disk_free_bytes=0, outbox__trouble="gone"), 0.4)
    assert "2 THINGS WRONG" in text


def test_what_is_unknown_is_called_so_and_never_0() -> None:
    text = screen(well(**UNKNOWN), 0.4)
    parts = text[text.index("vehicle     ") :]
    assert " 0 " not in parts.replace("held 0", "")
    assert row(text, "signals") == "· signals     unknown"
    assert row(text, "rules") == "· rules       unknown"
    assert row(text, "outbox") == "· outbox      unknown"
    assert row(text, "vehicle") == "· vehicle     unknown; trip unknown; position unknown"


def test_alerts_are_the_vehicles_and_do_not_make_the_box_ill() -> None:
    fires = [alert("Coolant at 121 °C"), *[alert("more")] * 6]
    text = screen(well(alerts=told.Alerts(firing=60, pending=0, left_out=53, fires=fires)), 0.4)
    assert "ALL IS WELL" in text
    assert row(text, "alerts") == "! alerts      critical, stop_now, 1 min: Coolant at 121 °C"
    assert "and 55 more" in text


@given(text=st.text(max_size=300))
def test_whatever_texts_say_no_line_is_too_long_and_no_terminal_obeys(text: str) -> None:
    status = well(
        buses=[bus(name=text, state="down", why=text)],
        alerts=told.Alerts(firing=1, pending=0, left_out=0, fires=[alert(text)]),
        models=[told.Model(name=text, state="off", reason=text)],
        detectors_off={text: text},
        cab={text: text},
        daemon__vehicle=text,
        daemon__config=text,
        outbox__trouble=text,
    )
    shown = screen(status, 0.4)
    lines = shown.split("\n")
    assert all(letter.isprintable() for line in lines for letter in line)
    assert max(map(len, lines)) <= WIDTH
    assert screen(status, 0.4, is_utf8=False).isascii()
