"""The API as one person sees it."""

from collections.abc import Mapping
from typing import Any, Final

import httpx

from cloud.children import ChildFailed

TIME_OUT_S: Final = 10.0


class Client:
    """Asks `/api/v1` as whoever the token is of; a refusal is a ChildFailed, with what the cloud says."""

    def __init__(self, api: str, token: str) -> None:
        """`api` is where the service is, without `/api/v1`."""
        self._api = api
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=f"{api}/api/v1", headers=headers, timeout=TIME_OUT_S, trust_env=False)

    def signed_in(self, login: str, password: str) -> "Client":
        """The same API as somebody else sees it, who has a password."""
        pair = self.post("/session", {"login": login, "password": password})
        return Client(self._api, pair["access_token"])

    def items(self, path: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """The first page of a listing."""
        items: list[dict[str, Any]] = self.get(path, query)["items"]
        return items

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Read one thing."""
        return _body(self._http.get(path, params=dict(query or {})))

    def find(self, path: str) -> dict[str, Any] | None:
        """Read one thing; None: there is no such thing yet."""
        answer = self._http.get(path)
        return None if answer.status_code == httpx.codes.NOT_FOUND else _body(answer)

    def post(self, path: str, body: object) -> dict[str, Any]:
        """Do something."""
        return _body(self._http.post(path, json=body))

    def put(self, path: str, body: object) -> dict[str, Any]:
        """Say how something is to be."""
        return _body(self._http.put(path, json=body))

    def close(self) -> None:
        """Let go of the line."""
        self._http.close()


def _body(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_error:
        asked = f"{answer.request.method} {answer.request.url.path}"
        raise ChildFailed(f"the cloud refused {asked}: {answer.status_code} {answer.text[:1000]}")
    told: dict[str, Any] = answer.json()
    return told
