"""Who may look at the display: hosts, the code, cookies, and what is kept of them."""

import logging
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.display.access import CODE, WRONG_MAX, WRONG_S, Guard, Hosts, new_code
from edge.display.kept import keep_code

LOOPBACK = Hosts(("localhost", "127.0.0.1", "::1"), 8090, any_address=False)
ANYWHERE = Hosts(("localhost", "127.0.0.1", "::1", "box", "box.local"), 8090, any_address=True)
KEY = bytes(range(32))


class Clock:
    def __init__(self) -> None:
        self.now_s = 10.0

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize(
    ("hosts", "header", "known"),
    [
        (LOOPBACK, "127.0.0.1:8090", True),
        (LOOPBACK, "localhost:8090", True),
        (LOOPBACK, "LocalHost.:8090", True),
        (LOOPBACK, "[::1]:8090", True),
        (LOOPBACK, "127.0.0.1", False),
        (LOOPBACK, "127.0.0.1:8091", False),
        (LOOPBACK, "192.168.4.1:8090", False),
        (LOOPBACK, "evil.example:8090", False),
        (LOOPBACK, "localhost.evil.example:8090", False),
        (LOOPBACK, "127.0.0.1.evil.example:8090", False),
        (LOOPBACK, "evil.example:8090@localhost:8090", False),
        (LOOPBACK, "", False),
        (LOOPBACK, ":8090", False),
        (ANYWHERE, "192.168.4.1:8090", True),
        (ANYWHERE, "[fe80::1]:8090", True),
        (ANYWHERE, "box.local:8090", True),
        (ANYWHERE, "box.evil.example:8090", False),
        (ANYWHERE, "192.168.4.1:80", False),
    ],
)
def test_only_names_that_nobody_else_can_own_are_known(hosts: Hosts, header: str, known: bool) -> None:
    assert hosts.know(header) is known


@given(st.text(max_size=40))
def test_no_header_is_too_odd_to_be_judged(header: str) -> None:
    ANYWHERE.know(header)
    assert not Guard("482913", KEY, Clock()).lets_in(header)


def test_without_a_code_everybody_on_this_machine_may_look() -> None:
    assert Guard(None, b"", Clock()).lets_in(None)


def test_a_device_that_entered_the_code_has_a_cookie_of_its_own() -> None:
    guard = Guard("482913", KEY, Clock())
    first, second = guard.enter("482913"), guard.enter("482913")
    assert first != second
    assert first is not None
    assert guard.lets_in(first)
    assert "482913" not in first


@pytest.mark.parametrize("cookie", [None, "", ".", "a.b", "äöü.ß", "0" * 32])
def test_a_cookie_that_this_box_has_not_made_lets_nobody_in(cookie: str | None) -> None:
    assert not Guard("482913", KEY, Clock()).lets_in(cookie)


def test_another_code_or_key_and_every_device_enters_it_again() -> None:
    cookie = Guard("482913", KEY, Clock()).enter("482913")
    assert Guard("482913", KEY, Clock()).lets_in(cookie)
    assert not Guard("482914", KEY, Clock()).lets_in(cookie)
    assert not Guard("482913", bytes(32), Clock()).lets_in(cookie)
    assert cookie is not None
    assert not Guard("482913", KEY, Clock()).lets_in("f" + cookie)


def test_after_five_wrong_codes_within_a_minute_everybody_waits_until_it_is_over() -> None:
    clock = Clock()
    guard = Guard("482913", KEY, clock)
    for number in range(WRONG_MAX):
        assert not guard.must_wait()
        assert guard.enter(f"00000{number}") is None
        clock.now_s += 1.0
    assert guard.must_wait()
    clock.now_s += WRONG_S - WRONG_MAX - 0.1
    assert guard.must_wait()
    clock.now_s += 0.2
    assert not guard.must_wait()
    assert guard.wrong == WRONG_MAX


def test_new_codes_have_six_digits_and_differ() -> None:
    codes = {new_code() for _ in range(200)}
    assert all(CODE.fullmatch(code) and len(code) == 6 for code in codes)
    assert len(codes) > 150


def test_code_and_key_are_made_once_and_kept_for_the_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "display-code.json"
    first = keep_code(file, None)
    assert keep_code(file, None) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_code_of_the_installer_stays_and_the_key_with_it(tmp_path: Path) -> None:
    file = tmp_path / "display-code.json"
    made = keep_code(file, None)
    told = keep_code(file, "13572468")
    assert (told.code, told.key) == ("13572468", made.key)
    assert keep_code(file, None) == told


@pytest.mark.parametrize("spoiled", [b"", b"{}", b"\xff", b'{"code":"12","key":"00"}', b"[1]"])
def test_a_spoiled_file_is_made_anew_and_said(spoiled: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "display-code.json"
    file.write_bytes(spoiled)
    kept = keep_code(file, None)
    assert "spoiled" in caplog.text
    assert keep_code(file, None) == kept


def test_where_nothing_can_be_kept_the_code_holds_until_the_end_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    kept = keep_code(tmp_path / "nowhere" / "display-code.json", "482913")
    assert kept.code == "482913"
    assert "cannot be written" in caplog.text
