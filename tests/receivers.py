"""A mail server and a web server on loopback that take what is sent to them, for tests."""

import email
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from cloud.mail_server import MailServer
from tests.brokers import free_port


class Mailbox:
    """What a mail server got, and what it says to the next."""

    def __init__(self, port: int) -> None:
        self.server = MailServer("smtp", "127.0.0.1", port)
        self.mails: list[EmailMessage] = []
        self.says = "250 OK"
        self.says_of_recipients = "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd names it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.says_of_recipients.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.says_of_recipients

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        if self.says.startswith("250"):
            assert isinstance(envelope.content, bytes)
            message = email.message_from_bytes(envelope.content, policy=default)
            assert isinstance(message, EmailMessage)
            assert message["To"] == envelope.rcpt_tos[0]
            self.mails.append(message)
        return self.says


@contextmanager
def taking_mail(port: int | None = None) -> Iterator[Mailbox]:
    """A mail server, there inside the block."""
    mailbox = Mailbox(port or free_port())
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.server.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


class Posted:
    """What a web server got, and what it answers."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], str]] = []
        """Path, header fields, body."""
        self.status = 204
        self.headers: dict[str, str] = {}
        self.port = 0
        self.came = Event()
        self.answers = Event()
        """Cleared, it takes requests and does not answer."""
        self.answers.set()


@contextmanager
def taking_posts(certificate: tuple[Path, Path] | None = None) -> Iterator[Posted]:
    """A web server, there inside the block; over TLS with a certificate and its key."""
    posted = Posted()

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posted.requests.append((self.path, dict(self.headers), body.decode()))
            posted.came.set()
            posted.answers.wait(60)
            self.send_response(posted.status)
            for name, value in posted.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def handle(self) -> None:
            """Whoever asks may be gone before the answer."""
            try:
                super().handle()
            except OSError:
                self.close_connection = True

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Taker) as server:
        posted.port = server.server_port
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="web server")
        thread.start()
        try:
            yield posted
        finally:
            posted.answers.set()
            server.shutdown()
            thread.join()
