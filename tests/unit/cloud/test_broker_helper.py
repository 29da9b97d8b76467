"""The helper when something is away: nothing is lost that need not be, nobody is signalled who is not meant."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from cloud.broker import helper as helper_module
from cloud.broker.door import ACL_FILE, LOG_FILE, PID_FILE, REVOKED_FILE, door_acl
from cloud.broker.helper import STATE_FILE, Helper, HelperSettings
from cloud.errors import ConfigError, UpstreamDown
from cloud.fleet.provisioning.authority import end_of_list
from tests.unit.cloud.services import authority

DENIED = "1: Denied PUBLISH from south/car-{} (d0, q1, r0, m4, 'telltale/x', ... (7 bytes))\n"


class FakeDoor:
    """A cloud that says what a test wants, and remembers what it heard."""

    def __init__(self) -> None:
        self.status = 200
        self.heard: list[dict[str, Any]] = []
        self.change = 0
        self.revocation_list = authority().revocation_list(1, [], datetime.now(UTC))

    def answer(self) -> bytes:
        said = {"change": self.change, "revocation_list": self.revocation_list, "denied": [], "out": []}
        return json.dumps(said).encode()


@contextmanager
def serving(door: FakeDoor) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if door.status == 200:
                door.heard.append(json.loads(body))
            self.send_response(door.status)
            self.end_headers()
            self.wfile.write(door.answer())

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def helping(folder: Path, url: str) -> Iterator[Helper]:
    def end(identity: str) -> None:
        raise AssertionError(identity)

    made = Helper(HelperSettings(folder, url, "token"), end_connection=end, list_ends_at=end_of_list)
    try:
        yield made
    finally:
        made._client.close()


def in_step(folder: Path, door: FakeDoor) -> None:
    """The broker has all that the cloud says already."""
    (folder / REVOKED_FILE).write_text(door.revocation_list)
    (folder / ACL_FILE).write_text(door_acl([]))
    state = {"applied": 0, "inode": 0, "offset": 0, "owes_reload": False}
    (folder / STATE_FILE).write_text(json.dumps(state))


def test_what_was_refused_waits_for_a_cloud_that_is_away(tmp_path: Path) -> None:
    door = FakeDoor()
    in_step(tmp_path, door)
    (tmp_path / LOG_FILE).write_text(DENIED.format(1) * 3)
    with serving(door) as url, helping(tmp_path, url) as helper:
        door.status = 503
        for _ in range(2):
            with pytest.raises(UpstreamDown, match="503"):
                helper.round()
        door.status = 200
        helper.round()
        helper.round()
    told, nothing = (heard["refused"] for heard in door.heard)
    assert [(one["who"], one["times"], one["fleet"]) for one in told] == [("south/car-1", 3, "south")]
    assert nothing == [], "once"


def test_another_helper_goes_on_where_this_one_was(tmp_path: Path) -> None:
    door = FakeDoor()
    in_step(tmp_path, door)
    log = tmp_path / LOG_FILE
    log.write_text(DENIED.format(1))
    with serving(door) as url:
        with helping(tmp_path, url) as helper:
            helper.round()
        with log.open("a") as stream:
            stream.write(DENIED.format(2))
        with helping(tmp_path, url) as helper:
            helper.round()
    assert [[one["who"] for one in heard["refused"]] for heard in door.heard] == [["south/car-1"], ["south/car-2"]]


def test_no_more_is_kept_than_there_is_room_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helper_module, "KEPT_MAX", 10)
    (tmp_path / LOG_FILE).write_text("".join(DENIED.format(n) for n in range(13)))
    with helping(tmp_path, "http://127.0.0.1:9") as helper:
        with pytest.raises(UpstreamDown, match="cannot be reached"):
            helper.round()
        assert (len(helper._kept), helper.lost) == (10, 3)


def test_nobody_is_signalled_who_is_not_mosquitto(tmp_path: Path) -> None:
    door = FakeDoor()
    with serving(door) as url, helping(tmp_path, url) as helper:
        for content in (None, "no number", "1", str(2**22 + 1)):
            if content is not None:
                (tmp_path / PID_FILE).write_text(content)
            with pytest.raises(UpstreamDown, match=r"not mosquitto|no mosquitto"):
                helper.round()
        assert helper.applied == 0, "it does not say that a change holds that does not"


@pytest.mark.parametrize("status", [401, 403, 404, 409])
def test_a_cloud_that_does_not_let_it_in_is_the_installer_s(tmp_path: Path, status: int) -> None:
    door = FakeDoor()
    door.status = status
    with serving(door) as url, helping(tmp_path, url) as helper, pytest.raises(ConfigError, match=str(status)):
        helper.round()


def test_an_answer_that_is_none(tmp_path: Path) -> None:
    door = FakeDoor()
    door.revocation_list = None  # type: ignore[assignment]  # what no cloud says
    with serving(door) as url, helping(tmp_path, url) as helper, pytest.raises(UpstreamDown, match="cannot be read"):
        helper.round()


def test_it_tells_when_the_list_at_its_broker_ends(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    door = FakeDoor()
    in_step(tmp_path, door)
    with serving(door) as url, helping(tmp_path, url) as helper:
        helper.round()
        [heard] = door.heard
        ends_at = datetime.fromisoformat(heard["list_ends_at"])
        assert timedelta(days=29) < ends_at - datetime.now(UTC) <= timedelta(days=30)
        helper._warn_of_list()
        assert caplog.messages == []
        old = authority().revocation_list(2, [], datetime.now(UTC) - timedelta(days=20))
        (tmp_path / REVOKED_FILE).write_text(old)
        helper._warn_of_list()
        helper._warn_of_list()
        [message] = caplog.messages
        assert "lets nobody in" in message
