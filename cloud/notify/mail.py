"""E-mail over SMTP, by the standard library.

Not by apprise: it gives every try another Message-ID, and says of a failure neither why nor whether it is for good.
"""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from typing import Final

from cloud.mail_server import MailServer
from cloud.notify.channel import Channel, Letter
from cloud.notify.sending import NotTaken

WAIT_S: Final = 10.0
"""For each answer of the server."""


@dataclass(frozen=True, slots=True)
class MailCarrier:
    """Takes letters to the mail server; a connection for each."""

    server: MailServer | None
    """None: there is none."""
    sender: str

    def carry(self, letter: Letter, channel: Channel) -> None:
        """Give it to the mail server, which takes it on from there.

        Raises:
            NotTaken: the server is away or refuses it.
        """
        if self.server is None:
            raise NotTaken("no mail server is known: set smtp_url under [notify]", for_good=True)
        try:
            message = mail(letter, sender=self.sender, to=channel.address)
        except ValueError as error:
            raise NotTaken(f"cannot be written as mail: {error}", for_good=True) from error
        try:
            self._submit(self.server, message)
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            raise _refused(code, answer) from error
        except smtplib.SMTPAuthenticationError as error:  # the operator will correct it
            raise NotTaken(f"the mail server does not let us in: {_text(error.smtp_error)}") from error
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise NotTaken(f"{self.server.shown} cannot be reached or spoken with: {error}") from error

    def _submit(self, server: MailServer, message: EmailMessage) -> None:
        if server.scheme == "smtps":
            client: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=WAIT_S, context=_tls())
        else:
            client = smtplib.SMTP(server.host, server.port, timeout=WAIT_S)
        try:
            if server.scheme == "smtp+starttls":
                client.starttls(context=_tls())
            if server.user is not None:
                client.login(server.user, server.password or "")
            client.send_message(message)
        finally:
            with suppress(smtplib.SMTPException, OSError):  # it is taken, or the reason is on its way
                client.quit()
            client.close()


def mail(letter: Letter, *, sender: str, to: str) -> EmailMessage:
    """A letter as mail: the same with every try, its Message-ID too, so that who gets it twice can tell."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = letter.title
    message["Date"] = format_datetime(letter.made_at)
    message["Message-ID"] = f"<{letter.key}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note answers it
    message.set_content(letter.text if letter.link is None else f"{letter.text}\n\n{letter.link}")
    return message


@cache
def _tls() -> ssl.SSLContext:
    """Made once: to read whom the system trusts costs more than to send a mail."""
    return ssl.create_default_context()


def _refused(code: int, answer: bytes | str) -> NotTaken:
    """RFC 5321, 4.2.1: 5yz is for good, 4yz for now."""
    return NotTaken(f"the mail server says {code} {_text(answer)}", for_good=code >= 500)


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
