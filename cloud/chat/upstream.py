"""A language model behind an API as OpenAI's (chat completions with tools), asked over HTTP within a deadline."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import httpx

from cloud.chat.thinking import Fallback, Why

ANSWER_BYTES_MAX: Final = 2**20
CALLS_AT_ONCE_MAX: Final = 8
_CONNECT_S: Final = 5.0

Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A tool that the model wants used."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer of the model: words, or tools that it wants used first."""

    text: str
    calls: tuple[Call, ...]
    message: Message
    """The same as it is handed back to the model."""


@dataclass(frozen=True)
class Upstream:
    """Where the model is, and under which name."""

    base_url: str
    model: str
    api_key: str | None

    def complete(self, messages: Sequence[Message], tools: Sequence[Message], *, deadline_s: float) -> Completion:
        """Ask once.

        Args:
            messages: what was said so far.
            tools: what the model may want used.
            deadline_s: by time.monotonic(); the answer is there by then.

        Raises:
            Fallback: it is away, too slow, or cannot be understood.
        """
        body = {"model": self.model, "messages": list(messages), "tools": list(tools), "temperature": 0}
        try:
            return _completion(json.loads(self._post(body, deadline_s)))
        except httpx.TimeoutException as error:
            raise Fallback(Why.TIMEOUT) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Fallback(Why.AWAY) from error
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise Fallback(Why.BAD_JSON) from error

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    @cached_property
    def _client(self) -> httpx.Client:
        headers = {} if self.api_key is None else {"Authorization": f"Bearer {self.api_key}"}
        return httpx.Client(headers=headers, trust_env=False, follow_redirects=False)

    def _post(self, body: Mapping[str, Any], deadline_s: float) -> bytes:
        """What comes back, whole; however slowly it drips, not beyond the deadline."""
        wait_s = max(deadline_s - time.monotonic(), 0.001)
        timeout = httpx.Timeout(wait_s, connect=min(_CONNECT_S, wait_s))
        url = f"{self.base_url.rstrip('/')}/chat/completions"
        content = bytearray()
        with self._client.stream("POST", url, json=body, timeout=timeout) as answer:
            if not answer.is_success:
                raise Fallback(Why.AWAY)
            for part in answer.iter_bytes():
                content += part
                if time.monotonic() > deadline_s:
                    raise Fallback(Why.TIMEOUT)
                if len(content) > ANSWER_BYTES_MAX:
                    raise Fallback(Why.LENGTH)
        return bytes(content)


def _completion(answer: Any) -> Completion:
    message = answer["choices"][0]["message"]
    text = message.get("content") or ""
    wanted = message.get("tool_calls") or []
    if not isinstance(text, str) or not isinstance(wanted, list):
        raise TypeError("neither words nor calls")
    if len(wanted) > CALLS_AT_ONCE_MAX:
        raise Fallback(Why.TOO_MANY)
    calls = tuple(_call(one) for one in wanted)
    handed_back = {"role": "assistant", "content": text, **({"tool_calls": wanted} if wanted else {})}
    return Completion(text.strip(), calls, handed_back)


def _call(one: Any) -> Call:
    wanted = one["function"]
    arguments = json.loads(wanted.get("arguments") or "{}")
    if not (isinstance(arguments, dict) and isinstance(wanted["name"], str) and isinstance(one["id"], str)):
        raise TypeError("no call of a tool")
    return Call(one["id"], wanted["name"], arguments)
