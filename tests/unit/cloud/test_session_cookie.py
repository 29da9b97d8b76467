"""The refresh token in a cookie: who gets it, where it goes, and whom it does not serve."""

import re
from typing import Any, Final

import httpx
import pytest
from fastapi import FastAPI

from cloud.api.server import V1
from cloud.security.principal import Grant
from cloud.security.roles import Role
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.test_api import api_of, ask

PASSWORD: Final = "correct horse battery staple"
HERE: Final = {"Origin": "http://cloud"}
"""What a page of ours shows; ask() speaks to http://cloud."""


@pytest.fixture
def app(cloud: Cloud) -> FastAPI:
    cloud.security.people.put("ada", "Ada", (Grant(Role.OWNER, "north"),), by="test", enabled=True, password=PASSWORD)
    return api_of(cloud)


def say(app: FastAPI, path: str, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
    return ask(app, f"{V1}/session{path}", method="POST", body=body, headers=headers, token=None)


def sign_in(app: FastAPI) -> httpx.Response:
    return say(app, "", {"login": "ada", "password": PASSWORD, "cookie": True}, HERE)


def kept(answer: httpx.Response) -> str:
    """What the browser sends from now on."""
    return answer.headers["set-cookie"].split(";")[0]


def test_the_refresh_token_is_where_no_script_reads_it_and_goes_nowhere_else(app: FastAPI) -> None:
    answer = sign_in(app)
    assert answer.json()["refresh_token"] is None
    parts = [part.strip().lower() for part in answer.headers["set-cookie"].split(";")]
    assert {"httponly", "samesite=strict", "path=/api/v1/session"} <= set(parts)
    assert "secure" not in parts, "this was plain http"
    assert any(re.fullmatch(r"expires=.* gmt", part) for part in parts)


def test_over_https_it_goes_over_nothing_else(app: FastAPI) -> None:
    wish = {"login": "ada", "password": PASSWORD, "cookie": True}
    answer = ask(app, f"https://cloud{V1}/session", method="POST", body=wish, token=None)
    assert "; Secure" in answer.headers["set-cookie"]


def test_who_wants_no_cookie_gets_none(app: FastAPI) -> None:
    answer = say(app, "", {"login": "ada", "password": PASSWORD})
    assert "set-cookie" not in answer.headers
    again = say(app, "/refresh", {"refresh": answer.json()["refresh_token"]})
    assert again.json()["refresh_token"] is not None
    assert "set-cookie" not in again.headers


def test_it_gets_the_next_tokens_and_is_changed(app: FastAPI) -> None:
    first = sign_in(app)
    second = say(app, "/refresh", {}, {**HERE, "Cookie": kept(first)})
    assert second.status_code == 201
    assert kept(second) != kept(first)
    me = ask(app, f"{V1}/me", token=second.json()["access_token"])
    assert me.json()["name"] == "ada"


def test_signing_out_ends_the_session_and_takes_it_away(app: FastAPI) -> None:
    cookie = {**HERE, "Cookie": kept(sign_in(app))}
    answer = say(app, "/end", {}, cookie)
    assert answer.status_code == 204
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert say(app, "/refresh", {}, cookie).status_code == 401


@pytest.mark.parametrize("origin", ["http://evil.example", "http://cloud:81", "null", "", "http://cloud.evil.example"])
@pytest.mark.parametrize("path", ["/refresh", "/end"])
def test_a_page_from_elsewhere_makes_nobody_refresh_or_sign_out(app: FastAPI, path: str, origin: str) -> None:
    cookie = kept(sign_in(app))
    refused = say(app, path, {}, {"Cookie": cookie} | ({"Origin": origin} if origin else {}))
    assert refused.status_code == 403
    assert "set-cookie" not in refused.headers
    assert say(app, "/refresh", {}, {**HERE, "Cookie": cookie}).status_code == 201


def test_without_a_cookie_there_is_no_session(app: FastAPI) -> None:
    answer = say(app, "/refresh", {}, HERE)
    assert (answer.status_code, answer.json()["detail"]) == (401, "there is no session here; sign in")


def test_the_cookie_opens_nothing_else(app: FastAPI) -> None:
    cookie = kept(sign_in(app))
    assert ask(app, f"{V1}/me", headers={**HERE, "Cookie": cookie}, token=None).status_code == 401
