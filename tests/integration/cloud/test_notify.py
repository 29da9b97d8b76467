"""Telling people over real mail and web servers: servers that are away, processes that are killed or many."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from cloud.config import NotifyConfig
from cloud.notify.delivery import LEASE, State
from cloud.notify.room import Notify, make_notify
from edge.wire.envelope import StreamClass
from tests.brokers import free_port
from tests.integration.cloud.service import TOKEN, Service, serving
from tests.integration.cloud.talker import Talker, upto
from tests.receivers import taking_mail, taking_posts
from tests.shared import ROOT
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import Cloud, open_cloud
from tests.unit.cloud.telling import ADA, BOB, NIGHT, deliveries, notice, states
from tests.unit.cloud.vehicle import Speaker

VAN: Final = Speaker()
ALERTS: Final = VAN.stream(StreamClass.ALERT)
DEADLINE_S: Final = 120.0


def until(condition: Callable[[], bool], what: str = "it") -> None:
    """Wait for what other threads and processes do."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come"
        threading.Event().wait(0.02)


@contextmanager
def telling(cloud: Cloud, **settings: Any) -> Iterator[Notify]:
    """The whole room on a database, with its thread, at the time that the test sets."""
    config = NotifyConfig(webhook_private=True, **settings)
    room = make_notify(cloud.database, cloud.security.audit, config, lambda: cloud.now)
    thread = threading.Thread(target=room.worker.run, name="notify")
    thread.start()
    try:
        yield room
    finally:
        room.worker.stop()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()


def post(cloud: Cloud, room: Notify, n: int = 1, **changes: Any) -> None:
    with cloud.database.transaction() as connection:
        assert room.service.post(connection, notice(n, **changes))


def smtp(port: int) -> str:
    return f"smtp://127.0.0.1:{port}"


def test_a_mail_server_that_is_down_and_comes_back_gets_it_once() -> None:
    port = free_port()
    with open_cloud() as cloud, telling(cloud, smtp_url=smtp(port)) as room:
        room.contacts.put(ADA, by="ada")
        post(cloud, room)
        until(lambda: states(cloud) == {"ada": State.RETRYING})
        cloud.now = deliveries(cloud)["ada"].due_at
        room.worker.wake()
        until(lambda: ["refused" in one.why for one in deliveries(cloud)["ada"].attempts] == [True, True])
        with taking_mail(port) as mailbox:
            cloud.now = deliveries(cloud)["ada"].due_at
            room.worker.wake()
            until(lambda: states(cloud) == {"ada": State.SENT})
            cloud.now += timedelta(days=1)
            room.worker.wake()
            post(cloud, room, 2)
            until(lambda: len(mailbox.mails) == 2)
        assert [mail["Subject"] for mail in mailbox.mails] == ["van-7: too hot (1)", "van-7: too hot (2)"]


def test_a_restart_keeps_the_escalation_and_quiet_hours_hold() -> None:
    with open_cloud() as cloud, taking_mail() as mailbox:
        cloud.now = datetime.fromisoformat("2026-11-21T22:30+01:00")
        url = smtp(mailbox.server.port)
        with telling(cloud, smtp_url=url) as room:
            room.contacts.put(ADA, by="ada")
            room.contacts.put(BOB, by="ada")
            room.contacts.put(replace(ADA, id="asleep", channel="mailto:asleep@example.org", quiet=NIGHT), by="ada")
            post(cloud, room)
            until(lambda: states(cloud)["ada"] is State.SENT and states(cloud)["asleep"] is State.HELD)
        cloud.now += timedelta(minutes=15)
        with telling(cloud, smtp_url=url):
            until(lambda: states(cloud)["bob"] is State.SENT)
        cloud.now = datetime.fromisoformat("2026-11-22T07:00+01:00")
        with telling(cloud, smtp_url=url):
            until(lambda: states(cloud)["asleep"] is State.SENT)
        whom = [mail["To"].partition("@")[0] for mail in mailbox.mails]
        assert whom == ["ada", "bob", "asleep"]
        assert len({mail["Message-ID"] for mail in mailbox.mails}) == 3


class Sending:
    """Processes that send, on one database."""

    def __init__(self, stack: ExitStack, cloud: Cloud, **settings: Any) -> None:
        self._stack = stack
        self._url = cloud.url
        self._settings = json.dumps({"webhook_private": True, **settings})

    def start(self, *, ahead: timedelta = timedelta(0)) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.integration.cloud.sender", self._url, self._settings]
        child = self._stack.enter_context(
            subprocess.Popen([*command, str(ahead.total_seconds())], cwd=ROOT, stdout=subprocess.PIPE)
        )
        self._stack.callback(child.kill)
        return child

    def start_together(self, count: int) -> "list[subprocess.Popen[bytes]]":
        """All of them are ready to send."""
        running = [self.start() for _ in range(count)]
        for child in running:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
        return running


def test_killed_between_the_sending_and_the_answer_it_is_sent_again_under_the_same_key() -> None:
    """At least once, and the receiver can tell: exactly what the README promises."""
    with open_cloud() as cloud, taking_posts() as web, ExitStack() as stack:
        cloud.now = datetime.now(UTC)
        cloud.contacts.put(replace(ADA, channel=f"http://127.0.0.1:{web.port}/hook"), by="ada")
        with cloud.database.transaction() as connection:
            cloud.notify.post(connection, notice(escalates=False))
        senders = Sending(stack, cloud)
        web.answers.clear()
        first = senders.start()
        assert web.came.wait(DEADLINE_S), "it is being sent"
        first.send_signal(signal.SIGKILL)
        first.wait(DEADLINE_S)
        assert states(cloud) == {"ada": State.SENDING}
        web.answers.set()
        senders.start()
        second = senders.start(ahead=LEASE + timedelta(seconds=1))
        until(lambda: states(cloud) == {"ada": State.SENT})
        second.send_signal(signal.SIGTERM)
        assert second.wait(DEADLINE_S) == 0
        keys = [headers["Idempotency-Key"] for _, headers, _ in web.requests]
        assert Counter(Counter(keys).values()) == {2: 1}, "one key, twice"
        assert web.requests[0][2] == web.requests[1][2], "and the same body"
        whys = [one.why for one in deliveries(cloud)["ada"].attempts]
        assert whys == ["no answer: it may have arrived or not", ""]


def test_three_that_send_at_once_send_each_letter_once() -> None:
    people, reasons = 6, 5
    with open_cloud() as cloud, taking_mail() as mailbox, ExitStack() as stack:
        cloud.now = datetime.now(UTC)
        for n in range(people):
            cloud.contacts.put(replace(ADA, id=f"p{n}", channel=f"mailto:p{n}@example.org"), by="ada")
        running = Sending(stack, cloud, smtp_url=smtp(mailbox.server.port)).start_together(3)
        with cloud.database.transaction() as connection:
            for n in range(reasons):
                cloud.notify.post(connection, notice(n))
        until(lambda: cloud.notify.census()[State.SENT] == people * reasons)
        for child in running:
            child.send_signal(signal.SIGTERM)
        assert [child.wait(DEADLINE_S) for child in running] == [0, 0, 0]
        counted = Counter(mail["Message-ID"] for mail in mailbox.mails)
        assert len(counted) == people * reasons
        assert set(counted.values()) == {1}


def test_the_service_as_a_whole_tells_people_of_an_alert(tmp_path: Path) -> None:
    with taking_mail() as mailbox:
        config = tmp_path / "cloud.toml"
        config.write_text(
            f'[broker]\nembedded = true\nport = 0\n[notify]\nsmtp_url = "{smtp(mailbox.server.port)}"\n'
            'from_address = "telltale@example.org"\npublic_url = "https://telltale.example.org"\n'
        )
        with serving(tmp_path, "--config", str(config)) as service:
            for name, rank in (("ada", 0), ("bob", 1)):
                wish = {"person": name, "channel": f"mailto:{name}@example.org", "rank": rank}
                assert ask(service, "PUT", f"/contacts/north/{name}", wish)["rank"] == rank
            now = datetime.now(UTC)
            alert = says.alert().model_copy(update={"started_at": now, "since_at": now})
            with Talker(service.broker, VAN.address) as van:
                van.say(VAN.say(alert, 1, observed_at=now), VAN.say(alert, 2, observed_at=now))
                van.wait_for(upto(ALERTS, 2), "an acknowledgement")
            until(lambda: len(mailbox.mails) == 1, "the mail")
            [mail] = mailbox.mails
            assert (mail["To"], mail["Subject"]) == ("ada@example.org", "van-7: Too hot")
            assert f"https://telltale.example.org/alerts/north/van-7/{alert.id}" in mail.get_content()
            until(lambda: [one["state"] for one in told(service)] == ["waiting", "sent"])
            ask(service, "POST", f"/alerts/north/van-7/{alert.id}/acknowledge", {})
            assert [one["state"] for one in told(service)] == ["superseded", "sent"]
            service.wait_until_ready()
            assert httpx.get(f"{service.api}/readyz").json()["parts"]["notify"] == ""
            assert service.stop() == 0
            assert "Traceback" not in service.log


def test_a_mail_server_that_is_away_does_not_take_the_service_out(tmp_path: Path) -> None:
    config = tmp_path / "cloud.toml"
    config.write_text(f'[broker]\nembedded = true\nport = 0\n[notify]\nsmtp_url = "{smtp(free_port())}"\n')
    with serving(tmp_path, "--config", str(config)) as service:
        ask(service, "PUT", "/contacts/north/ada", {"person": "ada", "channel": "mailto:ada@example.org"})
        ask(service, "POST", "/contacts/north/ada/test")
        until(lambda: [one["state"] for one in told(service)] == ["retrying"])
        assert "cannot be reached" in told(service)[0]["why"]
        service.wait_until_ready()


def told(service: Service) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = service.get("/api/v1/deliveries")["items"]
    return items


def ask(service: Service, method: str, path: str, body: object = None) -> Any:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = httpx.request(method, f"{service.api}/api/v1{path}", json=body, headers=headers, timeout=DEADLINE_S)
    assert answer.status_code < 300, answer.text
    return answer.json()
