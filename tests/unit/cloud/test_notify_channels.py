"""Channels: what may be written, what of the network may be reached, and what the other side gets."""

import socket
import ssl
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from json import loads
from pathlib import Path
from typing import Any

import apprise
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.mail_server import MailServer
from cloud.notify import webhook
from cloud.notify.channel import FIXED_HOST, OWN_HOST, Channel, Kind, Letter, channel_of, masked
from cloud.notify.mail import MailCarrier
from cloud.notify.push import PushCarrier, readable
from cloud.notify.reach import is_public, reach
from cloud.notify.sending import Carrier, NotTaken, Sender
from cloud.notify.webhook import WebhookCarrier
from edge.wire.messages import Severity
from tests.brokers import free_port
from tests.receivers import Mailbox, Posted, taking_mail, taking_posts
from tests.unit.cloud.vehicle import T0

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


def letter(channel: str, **changes: Any) -> Letter:
    fields: dict[str, Any] = {
        "delivery": 1,
        "attempt": 1,
        "key": KEY,
        "channel": channel,
        "reason": "alert/van-7/1",
        "fleet": "north",
        "vehicle": "van-7",
        "severity": Severity.CRITICAL,
        "title": "van-7: Motor zu heiß",
        "text": "Stop now.\n.\nLet it cool — at once",
        "link": "https://telltale.example.org/alerts/1",
        "correlation": "c",
        "made_at": T0,
    }
    return Letter(**{**fields, **changes})


@pytest.fixture
def mails() -> Iterator[Mailbox]:
    """A mail server on loopback."""
    with taking_mail() as mailbox:
        yield mailbox


@pytest.fixture
def web() -> Iterator[Posted]:
    """A web server on loopback."""
    with taking_posts() as posted:
        yield posted


def carry(carrier: Carrier, channel: str, **changes: Any) -> None:
    carrier.carry(letter(channel, **changes), channel_of(channel, private=True))


def refused(carrier: Carrier, channel: str, **changes: Any) -> NotTaken:
    with pytest.raises(NotTaken) as caught:
        carry(carrier, channel, **changes)
    return caught.value


def test_a_mail_says_what_there_is_to_say_and_is_the_same_each_time(mails: Mailbox) -> None:
    carrier = MailCarrier(mails.server, "telltale@example.org")
    for attempt in (1, 2):
        carry(carrier, "mailto:ada@example.com", attempt=attempt)
    first, second = mails.mails
    assert first.as_bytes() == second.as_bytes()
    assert first["Message-ID"] == f"<{KEY}@example.org>"
    assert first["Subject"] == "van-7: Motor zu heiß"
    assert (first["From"], first["To"]) == ("telltale@example.org", "ada@example.com")
    assert first["Date"].datetime == T0
    assert first["Auto-Submitted"] == "auto-generated"
    text = first.get_content()
    assert text.splitlines() == [
        "Stop now.", ".", "Let it cool — at once", "", "https://telltale.example.org/alerts/1"
    ]  # fmt: skip


@pytest.mark.parametrize(("says", "for_good"), [("451 try later", False), ("550 nobody of that name", True)])
@pytest.mark.parametrize("at", ["says", "says_of_recipients"])
def test_a_mail_server_that_refuses(mails: Mailbox, at: str, says: str, for_good: bool) -> None:
    setattr(mails, at, says)
    error = refused(MailCarrier(mails.server, "telltale@example.org"), "mailto:ada@example.com")
    assert (error.for_good, str(error)) == (for_good, f"the mail server says {says}")


def test_a_mail_server_that_is_away_is_asked_again() -> None:
    error = refused(MailCarrier(MailServer("smtp", "127.0.0.1", free_port()), "t@x"), "mailto:ada@example.com")
    assert not error.for_good
    assert "Connection refused" in str(error)


def test_a_mail_server_that_must_encrypt_and_does_not_gets_nothing(mails: Mailbox) -> None:
    for scheme in ("smtp+starttls", "smtps"):
        secure = MailServer(scheme, mails.server.host, mails.server.port, "ada", "secret")
        error = refused(MailCarrier(secure, "t@x"), "mailto:ada@example.com")
        assert not error.for_good
        assert "secret" not in str(error)
    assert mails.mails == []


def test_without_a_mail_server_it_is_given_up() -> None:
    error = refused(MailCarrier(None, "t@x"), "mailto:ada@example.com")
    assert error.for_good
    assert "set smtp_url" in str(error)


def test_a_webhook_gets_json_and_a_key(web: Posted) -> None:
    carry(WebhookCarrier(private=True), f"http://ada:pw@127.0.0.1:{web.port}/hook?token=1")
    [(path, headers, body)] = web.requests
    assert path == "/hook?token=1"
    assert headers["Idempotency-Key"] == KEY
    assert headers["Host"] == f"127.0.0.1:{web.port}"
    assert headers["Content-Type"] == "application/json"
    assert loads(body) == {
        "id": KEY,
        "reason": "alert/van-7/1",
        "fleet": "north",
        "vehicle": "van-7",
        "severity": "critical",
        "title": "van-7: Motor zu heiß",
        "text": "Stop now.\n.\nLet it cool — at once",
        "link": "https://telltale.example.org/alerts/1",
        "correlation": "c",
        "made_at": T0.isoformat(),
    }


@pytest.mark.parametrize(
    ("status", "for_good"),
    [(301, True), (400, True), (410, True), (408, False), (429, False), (500, False), (503, False)],
)
def test_a_webhook_that_refuses(web: Posted, status: int, for_good: bool) -> None:
    web.status = status
    web.headers = {"Location": "/elsewhere"}
    error = refused(WebhookCarrier(private=True), f"http://127.0.0.1:{web.port}/secret")
    assert (error.for_good, str(error)) == (for_good, f"http://127.0.0.1:{web.port}/… answers {status}")
    assert len(web.requests) == 1, "no redirect is followed"


def test_a_webhook_that_is_away_is_tried_again() -> None:
    error = refused(WebhookCarrier(private=True), f"http://127.0.0.1:{free_port()}/secret")
    assert not error.for_good
    assert "secret" not in str(error)


def test_over_tls_it_is_the_name_that_is_vouched_for_although_an_address_is_connected_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = tmp_path / "hooks.pem", tmp_path / "hooks.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=hooks"]
    command += ["-addext", "subjectAltName=DNS:hooks.example.test", "-out", str(certificate), "-keyout", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    trusting = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(webhook, "_tls", lambda: trusting)
    monkeypatch.setattr(webhook, "reach", lambda *_, **__: ["127.0.0.1"])
    with taking_posts((certificate, key)) as web:
        carry(WebhookCarrier(private=True), f"https://hooks.example.test:{web.port}/x")
        error = refused(WebhookCarrier(private=True), f"https://other.example.test:{web.port}/x")
        assert "not valid for 'other.example.test'" in str(error)
        [(_, headers, _)] = web.requests
        assert headers["Host"] == f"hooks.example.test:{web.port}"


def test_a_webhook_of_which_nobody_knows_is_tried_again() -> None:
    error = refused(WebhookCarrier(private=True), "https://no.such.host.invalid/secret")
    assert (error.for_good, "is not known" in str(error)) == (False, True)


@pytest.mark.parametrize(
    ("scheme", "host"),
    [
        *(("http", host) for host in ("127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1")),
        *(("gotify", host) for host in ("127.0.0.1", "localhost", "2130706433")),
    ],
)
def test_ones_own_network_is_not_reached(web: Posted, scheme: str, host: str) -> None:
    carrier: Carrier = WebhookCarrier(private=False) if scheme == "http" else PushCarrier(private=False)
    error = refused(carrier, f"{scheme}://{host}:{web.port}/AAAAAAAAAAAAAAA")
    assert "private network" in str(error)
    assert error.for_good
    assert web.requests == []


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_what_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101"])
def test_what_is_public(address: str) -> None:
    assert is_public(address)


def test_one_private_address_among_several_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("1.1.1.1", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(NotTaken, match="private network"):
        reach("rebinding.example.org", 443, private=False)
    assert reach("rebinding.example.org", 443, private=True) == ["1.1.1.1", "10.0.0.1"]


def test_a_service_that_apprise_knows_gets_it(web: Posted) -> None:
    web.status = 200
    carry(PushCarrier(private=True), f"gotify://127.0.0.1:{web.port}/AAAAAAAAAAAAAAA")
    [(path, headers, body)] = web.requests
    assert path == "/message"
    assert headers["X-Gotify-Key"] == "AAAAAAAAAAAAAAA"
    assert loads(body)["title"] == "van-7: Motor zu heiß"
    assert "https://telltale.example.org/alerts/1" in loads(body)["message"]


def test_apprise_says_why_without_secrets(web: Posted, caplog: pytest.LogCaptureFixture) -> None:
    web.status = 401
    error = refused(PushCarrier(private=True), f"gotify://127.0.0.1:{web.port}/AAAAAAAAAAAAAAA")
    assert not error.for_good
    assert "401" in str(error)
    assert "AAAAAAAAAAAAAAA" not in str(error) + caplog.text
    web.status, web.headers = 302, {"Location": f"http://127.0.0.1:{web.port}/elsewhere"}
    refused(PushCarrier(private=True), f"gotify://127.0.0.1:{web.port}/AAAAAAAAAAAAAAA")
    assert [path for path, _, _ in web.requests] == ["/message"] * 2, "no redirect is followed"


def test_every_service_that_is_allowed_is_one_that_apprise_has() -> None:
    known = apprise.Apprise().details()["schemas"]
    schemes = {name for one in known for kind in ("protocols", "secure_protocols") for name in one[kind] or ()}
    assert schemes >= FIXED_HOST | OWN_HOST
    assert not readable("gotifys://nonsense")


@given(st.text(max_size=60))
def test_whatever_is_written_is_a_channel_or_refused_and_never_shown_whole(text: str) -> None:
    try:
        channel = channel_of(text, private=True)
    except ValueError:
        assert masked(text) == "…"
        return
    assert masked(text) == channel.shown
    assert channel.kind is Kind.MAIL or channel.shown.endswith("…")


HOSTS = st.from_regex(r"[a-z]{1,8}\.example\.org", fullmatch=True)


@given(HOSTS, st.from_regex(r"[A-Za-z0-9_-]{6,30}", fullmatch=True))
def test_no_part_of_a_path_is_shown(host: str, secret: str) -> None:
    for text in (f"https://{host}/{secret}", f"https://x:{secret}@{host}/", f"ntfys://{host}/{secret}"):
        assert secret not in masked(text).replace(host, "")


def test_a_channel_that_is_not_allowed_any_more_is_given_up(web: Posted) -> None:
    sender = Sender({Kind.WEBHOOK: WebhookCarrier(private=False)}, private=False)
    with pytest.raises(NotTaken, match="not encrypted") as caught:
        sender.send(letter(f"http://127.0.0.1:{web.port}/"))
    assert caught.value.for_good
    Sender({Kind.WEBHOOK: WebhookCarrier(private=True)}, private=True).send(letter(f"http://127.0.0.1:{web.port}/"))
    assert len(web.requests) == 1


def test_a_title_cannot_add_headers(mails: Mailbox) -> None:
    """Notices have none with line ends; should one get through, nothing is sent."""
    error = refused(MailCarrier(mails.server, "t@x"), "mailto:ada@example.com", title="x\nBcc: eve@example.com")
    assert mails.mails == []
    assert error.for_good


def test_a_letter_is_dated_by_its_notice_not_by_its_try(mails: Mailbox) -> None:
    carry(MailCarrier(mails.server, "t@x"), "mailto:ada@example.com", made_at=T0 - timedelta(hours=3))
    assert mails.mails[0]["Date"].datetime == T0 - timedelta(hours=3)


def test_a_channel_is_found_whatever_its_case() -> None:
    assert channel_of("HTTPS://Hooks.Example.org/x") == Channel(
        Kind.WEBHOOK, "HTTPS://Hooks.Example.org/x", "https://Hooks.Example.org/…"
    )
