"""`telltale-edge display` over real HTTP, beside a real channel."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from edge.display.access import WRONG_MAX
from edge.display.app import PAGE, WATCHING_MAX
from edge.display.gate import BODY_BYTES_MAX
from edge.driver.channel import REQUESTS_MAX
from edge.driver.notice import Request, Telltale, Wish
from edge.errors import EXIT_CONFIG
from tests.displays import (
    CODE,
    Cab,
    Started,
    cab_in,
    daemon_with_a_leak,
    display_at,
    state_of,
    three_alerts,
)
from tests.programs import run

pytestmark = pytest.mark.timeout(60)
TIMEOUT_S: Final = 20.0
RED: Final = state_of(Telltale.RED, *three_alerts(), doing="parked")


@pytest.fixture
def cab(tmp_path: Path) -> Iterator[Cab]:
    with cab_in(tmp_path) as opened:
        yield opened


@pytest.fixture
def display(cab: Cab) -> Iterator[Started]:
    with display_at(cab.socket) as started:
        yield started


@contextmanager
def watching(display: Started, **headers: str) -> Iterator[Iterator[dict[str, Any]]]:
    """What a page hears of states."""
    url = f"{display.url}/events"
    with httpx.stream("GET", url, headers=headers, timeout=TIMEOUT_S) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield (
            json.loads(line.removeprefix("data: ")) for line in answer.iter_lines() if line.startswith('data: {"lang')
        )


def post(display: Started, path: str = "/request", *, origin: str | None = "", **sent: Any) -> httpx.Response:
    headers = {} if origin is None else {"Origin": origin or display.url}
    return httpx.post(f"{display.url}{path}", headers=headers, timeout=TIMEOUT_S, **sent)


def test_a_page_hears_the_state_at_once_and_every_change(cab: Cab, display: Started) -> None:
    cab.show(RED)
    with watching(display) as told:
        # The display may be a moment younger than its box's first word.
        state = next(one for one in told if one["telltale"] == "red")
        assert state["sentence"] == "The engine is overheating. Stop and switch it off."
        cab.show(state_of(Telltale.GREEN))
        assert next(told)["title"] == "All in order"


def test_without_the_box_a_page_is_told_that_nothing_is_known_until_it_is_back(cab: Cab, display: Started) -> None:
    cab.show(state_of(Telltale.GREEN))
    with watching(display) as told:
        next(one for one in told if one["telltale"] == "green")
        cab.end()
        lost = next(told)
        assert (lost["telltale"], lost["sentence"]) == ("unknown", "No connection to the box")
        assert httpx.get(f"{display.url}/healthz").status_code == 503
        cab.begin_again()
        cab.show(RED)
        next(one for one in told if one["telltale"] == "red")
        health = httpx.get(f"{display.url}/healthz")
        assert (health.status_code, health.json()["pages"]) == (200, 1)


def test_a_display_that_starts_before_the_daemon_waits_for_it(tmp_path: Path) -> None:
    with display_at(tmp_path / "cab.sock") as display, watching(display) as told:
        assert next(told)["telltale"] == "unknown"
        with cab_in(tmp_path) as cab:
            cab.show(RED)
            next(one for one in told if one["telltale"] == "red")


def test_until_the_cab_was_heard_a_page_speaks_the_language_of_its_device(tmp_path: Path) -> None:
    with display_at(tmp_path / "cab.sock", "--code", CODE) as display:
        for accepted, language in (("de-CH,fr;q=0.5", "de"), ("xx", "en"), ("*", "en"), ("<b>", "en"), ("hi", "hi")):
            page = httpx.get(display.url, headers={"Accept-Language": accepted})
            assert f'<html lang="{language}"' in page.text, accepted
        with cab_in(tmp_path) as cab:
            cab.show(state_of(Telltale.GREEN, language="es"))
            cookie = post(display, "/code", data={"code": CODE}).headers["set-cookie"].split(";")[0]
            with watching(display, **{"Cookie": cookie, "Accept-Language": "de"}) as told:
                assert next(one for one in told if one["telltale"] == "green")["language"] == "es"


def test_what_is_asked_for_reaches_the_daemon(cab: Cab, display: Started) -> None:
    with watching(display) as told:
        next(one for one in told if one["sentence"] == "Nothing is heard of the vehicle")
        assert post(display, json={"wish": "acknowledge", "alert": "alert-1"}).status_code == 204
        assert cab.asked() == Request(Wish.ACKNOWLEDGE, "display", "alert-1")
        assert post(display, json={"wish": "private_on"}).status_code == 204
        assert cab.asked() == Request(Wish.PRIVATE_ON, "display")


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"wish":"fly"}', b'{"wish":"acknowledge","alert":3}', b"\xff"])
def test_what_cannot_be_asked_for_is_refused_with_what_can(body: bytes, cab: Cab, display: Started) -> None:
    refused = post(display, content=body)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert "workshop_on" in refused.json()["detail"]


def test_what_is_too_long_too_often_or_for_nobody_is_refused(cab: Cab, display: Started) -> None:
    assert post(display, content=b"x" * (BODY_BYTES_MAX + 1)).status_code == 413
    with watching(display) as told:
        next(one for one in told if one["sentence"] == "Nothing is heard of the vehicle")
        answers = [post(display, json={"wish": "private_off"}).status_code for _ in range(REQUESTS_MAX + 5)]
        assert set(answers) <= {204, 429}
        cab.end()
        next(told)
        assert post(display, json={"wish": "private_on"}).status_code == 503


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "https://127.0.0.1", "http://127.0.0.1:1"])
def test_another_page_in_the_same_browser_can_ask_for_nothing(origin: str | None, cab: Cab, display: Started) -> None:
    assert post(display, origin=origin, json={"wish": "private_on"}).status_code == 403
    assert post(display, "/code", origin=origin, data={"code": "1"}).status_code == 403
    assert cab.requests.empty()


@pytest.mark.parametrize("path", ["/", "/events", "/page.js", "/healthz"])
def test_who_comes_by_a_strange_name_sees_nothing(path: str, display: Started) -> None:
    refused = httpx.get(f"{display.url}{path}", headers={"Host": "rebound.example:8090"})
    assert refused.status_code == 421


def test_every_answer_forbids_what_the_page_does_not_need(display: Started) -> None:
    for path in ("/", "/page.css", "/page.js", "/healthz", "/lamp.svg"):
        headers = httpx.get(f"{display.url}{path}").headers
        assert headers["content-security-policy"].startswith("default-src 'self'; ")
        assert headers["x-content-type-options"] == "nosniff"
    assert httpx.get(f"{display.url}/../cli.py").status_code == 404
    assert httpx.get(f"{display.url}/code.html").status_code == 404


def test_the_page_needs_nothing_from_elsewhere_and_nothing_inline() -> None:
    for file in PAGE.iterdir():
        text = file.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        text = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
        assert not re.search(r"https?:|//[a-z]|@import|url\(", text), file.name
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?! type=\"module\" src=)", text), file.name


def test_a_seventeenth_page_is_refused(cab: Cab, display: Started) -> None:
    with ExitStack() as stack:
        pages = [stack.enter_context(watching(display)) for _ in range(WATCHING_MAX)]
        for page in pages:
            next(page)
        with httpx.stream("GET", f"{display.url}/events", timeout=TIMEOUT_S) as refused:
            assert refused.status_code == 503
            assert "Close one" in json.loads(refused.read())["detail"]


def test_elsewhere_than_on_this_machine_a_device_enters_the_code_once(cab: Cab) -> None:
    cab.show(RED)
    with display_at(cab.socket, listen="0.0.0.0:0") as display:
        assert re.fullmatch(r"[0-9]{6}", display.code)
        here = Started(display.url.replace("0.0.0.0", "127.0.0.1"), display.code, display.program)
        stranger = httpx.get(here.url)
        assert stranger.status_code == 403
        assert 'name="code"' in stranger.text
        assert httpx.get(f"{here.url}/events").status_code == 401
        assert post(here, json={"wish": "private_on"}).status_code == 401
        entered = post(here, "/code", data={"code": f" {here.code[:3]} {here.code[3:]}"})
        assert entered.status_code == 303
        flags = entered.headers["set-cookie"]
        assert all(flag in flags for flag in ("HttpOnly", "SameSite=strict", "Path=/"))
        cookie = flags.split(";")[0]
        with watching(here, Cookie=cookie) as told:
            next(one for one in told if one["telltale"] == "red")
    with display_at(cab.socket, listen="0.0.0.0:0") as display:
        again = display.url.replace("0.0.0.0", "127.0.0.1")
        assert httpx.get(again, headers={"Cookie": cookie}).status_code == 200


def test_codes_are_not_guessed(cab: Cab) -> None:
    with display_at(cab.socket, "--code", CODE) as display:
        tries = [post(display, "/code", data={"code": f"00000{number}"}) for number in range(WRONG_MAX + 1)]
        assert [one.status_code for one in tries] == [403] * WRONG_MAX + [429]
        assert int(tries[-1].headers["retry-after"]) == 60
        assert post(display, "/code", data={"code": CODE}).status_code == 429
        assert httpx.get(f"{display.url}/healthz").json()["wrong_codes"] == WRONG_MAX


def test_an_order_to_stop_ends_it_soon_with_pages_open(cab: Cab) -> None:
    with display_at(cab.socket) as display, watching(display) as told:
        next(told)
        display.program.send_signal(signal.SIGTERM)
        assert display.program.wait(TIMEOUT_S) == 0
        assert list(told) == []


@pytest.mark.parametrize(
    ("arguments", "status", "problem"),
    [
        (["--listen", "8090"], EXIT_CONFIG, "host:port"),
        (["--listen", "127.0.0.1:99999"], EXIT_CONFIG, "host:port"),
        (["--listen", "no.such.host.invalid:0"], EXIT_CONFIG, "cannot listen there"),
        (["--code", "12"], 2, "6 to 12 digits"),
    ],
)
def test_what_cannot_be_is_said_with_a_remedy(arguments: list[str], status: int, problem: str, tmp_path: Path) -> None:
    ended = run("telltale-edge", "display", "--socket", tmp_path / "cab.sock", *arguments)
    assert ended.status == status
    assert problem in ended.err


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("telltale-edge", "display", "--socket", tmp_path / "cab.sock", "--listen", f"127.0.0.1:{port}")
    assert ended.status == EXIT_CONFIG
    assert f"port {port} is taken" in ended.err


def test_a_box_without_the_extra_says_what_to_install() -> None:
    program = "import sys; sys.modules['starlette'] = None; from edge.cli import main; sys.exit(main(['display']))"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == EXIT_CONFIG
    assert "Install telltale[edge,display]" in ended.stderr


def test_the_daemon_itself_listens_at_no_port(tmp_path: Path) -> None:
    with display_at(tmp_path / "cab.sock") as display, daemon_with_a_leak(tmp_path) as daemon:
        with watching(display) as told:
            next(one for one in told if one["telltale"] == "green")
        assert ports_of(display.program.pid) == [str(httpx.URL(display.url).port)]
        assert ports_of(daemon.pid) == []


def ports_of(pid: int) -> list[str]:
    """Where a process listens for others, as the kernel tells (proc_net_tcp(5); of UDP, whatever is bound)."""
    links = []
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            links.append(str(one.readlink()))
    own = {link[8:-1] for link in links if link.startswith("socket:[")}
    found = []
    for kind, listening in (("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")):
        for line in Path(f"/proc/{pid}/net/{kind}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == listening and fields[9] in own:
                found.append(str(int(fields[1].rsplit(":", 1)[1], 16)))
    return found
