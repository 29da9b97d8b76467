"""Webhooks: a POST of JSON, to the very address that was looked at, with no redirects.

Not by apprise: it looks the name up anew, follows redirects unless told otherwise, and keeps the status to itself.
"""

import ssl
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from cloud.notify.channel import Channel, Letter
from cloud.notify.reach import reach
from cloud.notify.sending import NotTaken

if TYPE_CHECKING:
    import httpx

CONNECT_S: Final = 5.0
WAIT_S: Final = 10.0
"""For each part of the answer."""
_FOR_NOW: Final = frozenset({408, 425, 429})
"""RFC 9110 and 6585, 8470: of the 4xx, those that another time may pass."""


@dataclass(frozen=True, slots=True)
class WebhookCarrier:
    """Posts letters to whoever listens."""

    private: bool
    """Whether one's own network may be reached."""

    def carry(self, letter: Letter, channel: Channel) -> None:
        """Post it; a 2xx is taken.

        Raises:
            NotTaken: nobody is there, or it is refused.
        """
        import httpx  # noqa: PLC0415  # half a second on a small machine, and most fleets have no webhook

        url = httpx.URL(channel.address)
        addresses = reach(url.host, url.port or {"http": 80}.get(url.scheme, 443), private=self.private)
        with httpx.Client(verify=_tls(), trust_env=False, timeout=httpx.Timeout(WAIT_S, connect=CONNECT_S)) as client:
            status = self._post(client, url, addresses, letter)
        if not 200 <= status < 300:
            for_good = status < 500 and status not in _FOR_NOW
            raise NotTaken(f"{channel.shown} answers {status}", for_good=for_good)

    def _post(self, client: "httpx.Client", url: "httpx.URL", addresses: list[str], letter: Letter) -> int:
        """The status of the first address that can be connected to."""
        import httpx  # noqa: PLC0415  # the same

        why = "has no address"
        for address in addresses:
            request = client.build_request(
                "POST",
                url.copy_with(host=address),
                headers={"Host": url.netloc.decode("ascii"), "Idempotency-Key": letter.key, "User-Agent": "telltale"},
                json=body(letter),
                extensions={"sni_hostname": url.host},
            )
            try:
                answer = client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                why = str(error)
                continue
            except (httpx.HTTPError, ValueError) as error:
                raise NotTaken(f"{url.host} does not answer: {type(error).__name__} {error}") from error
            answer.close()
            return answer.status_code
        raise NotTaken(f"{url.host} cannot be reached: {why}")


@cache
def _tls() -> ssl.SSLContext:
    """Made once: to read whom to trust costs more than to post."""
    import httpx  # noqa: PLC0415  # the same

    return httpx.create_ssl_context(trust_env=False)


def body(letter: Letter) -> dict[str, str | None]:
    """What is posted: the same with every try."""
    return {
        "id": letter.key,
        "reason": letter.reason,
        "fleet": letter.fleet,
        "vehicle": letter.vehicle,
        "severity": letter.severity,
        "title": letter.title,
        "text": letter.text,
        "link": letter.link,
        "correlation": letter.correlation,
        "made_at": letter.made_at.isoformat(),
    }
