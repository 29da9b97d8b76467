"""Signing in, coming back, and every way in which a token stops to open anything."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.api.server import V1
from cloud.errors import CloudError, ConfigError, Conflict, NotAllowed, NotAuthenticated, NotFound, Refused, TooMany
from cloud.pages import Window
from cloud.security import people_store
from cloud.security.audit_model import AuditFilter
from cloud.security.behaviour import GUESSES, Kind, Suspicion
from cloud.security.finding import FindingFilter
from cloud.security.passwords import Passwords
from cloud.security.people_model import SESSION_FOR, TRIES_FREE, WAIT_MAX, Person
from cloud.security.principal import BOOTSTRAP, Grant
from cloud.security.roles import Permission, Role
from cloud.security.sign_in import SESSIONS_MAX, Pair
from cloud.security.tokens import ACCESS_FOR, signing_key
from edge.wire.messages import Severity
from tests.unit.cloud.services import TOKEN, Cloud, open_cloud
from tests.unit.cloud.test_api import api_of, ask, problem
from tests.unit.cloud.vehicle import T0

PASSWORD: Final = "correct horse battery staple"
ADA: Final = "ada@example.org"
OWNER: Final = (Grant(Role.OWNER, "north"),)


@pytest.fixture
def ada(cloud: Cloud) -> Cloud:
    """A cloud that Ada may sign in to."""
    cloud.security.people.put(ADA, "Ada", OWNER, by="test", password=PASSWORD)
    return cloud


def enter(cloud: Cloud, login: str = ADA, password: str = PASSWORD) -> Pair:
    return cloud.security.sign_in.sign_in(login, password)


def who(cloud: Cloud, token: str | None) -> str:
    return cloud.security.sign_in.principal_of(token).name


def deeds(cloud: Cloud) -> list[str]:
    entries = cloud.security.audit.entries(AuditFilter(), Window()).items
    return [entry.deed.action for entry in reversed(entries)]


def kinds(cloud: Cloud) -> list[Kind]:
    return [finding.kind for finding in cloud.security.watch.findings(FindingFilter(is_open=True), Window()).items]


def test_who_signs_in_is_who_they_are_in_their_fleets(ada: Cloud) -> None:
    pair = enter(ada, "ADA@example.org")
    principal = ada.security.sign_in.principal_of(pair.access)
    assert principal == replace(BOOTSTRAP, name=ADA, kind=principal.kind, grants=OWNER)
    assert principal.may(Permission.BOOK, "north")
    assert not principal.may(Permission.BOOK, "south")
    assert not principal.may(Permission.PUT_PEOPLE)
    assert deeds(ada) == ["put_person", "sign_in"]


def test_the_bootstrap_token_is_an_admin(cloud: Cloud) -> None:
    assert cloud.security.sign_in.principal_of(TOKEN) is BOOTSTRAP
    assert all(BOOTSTRAP.may(permission, "any") for permission in Permission)


@pytest.mark.parametrize(("login", "password"), [(ADA, PASSWORD[:-1]), (ADA, ""), ("eve", PASSWORD), (ADA, "x" * 300)])
def test_nobody_is_told_whether_the_login_or_the_password_is_wrong(ada: Cloud, login: str, password: str) -> None:
    with pytest.raises(NotAuthenticated, match="no such login with this password"):
        enter(ada, login, password)
    assert ada.counts().get("sign_ins_of_nobody", 0) == (login == "eve")


def test_who_has_no_password_does_not_sign_in(cloud: Cloud) -> None:
    cloud.security.people.put(ADA, "Ada", OWNER, by="test")
    with pytest.raises(NotAuthenticated):
        enter(cloud)


def test_an_access_token_runs_out_and_a_refresh_token_gets_the_next(ada: Cloud) -> None:
    pair = enter(ada)
    ada.now = T0 + ACCESS_FOR
    with pytest.raises(NotAuthenticated, match="run out"):
        who(ada, pair.access)
    assert who(ada, ada.security.sign_in.refresh(pair.refresh).access) == ADA
    ada.now = T0 + ACCESS_FOR + SESSION_FOR
    with pytest.raises(NotAuthenticated, match="run out"):
        ada.security.sign_in.refresh(pair.refresh)


def test_one_token_is_not_taken_for_the_other(ada: Cloud) -> None:
    pair = enter(ada)
    with pytest.raises(NotAuthenticated, match="no access token"):
        who(ada, pair.refresh)
    with pytest.raises(NotAuthenticated, match="no refresh token"):
        ada.security.sign_in.refresh(pair.access)


def test_a_stolen_refresh_token_ends_the_session_of_both(ada: Cloud) -> None:
    stolen = enter(ada)
    ada.now += timedelta(minutes=1)
    fresh = ada.security.sign_in.refresh(stolen.refresh)
    ada.now += timedelta(minutes=1)
    with pytest.raises(NotAuthenticated, match="used before"):
        ada.security.sign_in.refresh(stolen.refresh)
    for token in (fresh.access, stolen.access):
        with pytest.raises(NotAuthenticated, match="ended"):
            who(ada, token)
    with pytest.raises(NotAuthenticated, match="ended"):
        ada.security.sign_in.refresh(fresh.refresh)
    assert kinds(ada) == [Kind.REFRESH_REUSED]
    assert deeds(ada)[-1] == "refresh_reused"


def test_an_answer_that_was_lost_is_given_again(ada: Cloud) -> None:
    pair = enter(ada)
    first = ada.security.sign_in.refresh(pair.refresh)
    ada.now += timedelta(seconds=30)
    again = ada.security.sign_in.refresh(pair.refresh)
    assert who(ada, again.access) == who(ada, first.access) == ADA
    assert who(ada, ada.security.sign_in.refresh(again.refresh).access) == ADA
    assert kinds(ada) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 200)), max_size=12))
def test_of_all_refresh_tokens_only_the_newest_works_or_none(steps: list[tuple[int, int]]) -> None:
    """Whoever shows which token when: after a used one was shown late, nothing of the session opens any more."""
    with open_cloud() as cloud:
        cloud.security.people.put(ADA, "Ada", OWNER, by="test", password=PASSWORD)
        pairs, ended = [enter(cloud)], False
        refreshed_at = cloud.now
        for which, later_s in steps:
            cloud.now += timedelta(seconds=later_s)
            shown = max(0, len(pairs) - 1 - which)
            is_newest = shown == len(pairs) - 1
            is_repetition = shown == len(pairs) - 2 and cloud.now - refreshed_at <= timedelta(seconds=30)
            try:
                pair = cloud.security.sign_in.refresh(pairs[shown].refresh)
            except NotAuthenticated:
                assert ended or not (is_newest or is_repetition)
                ended = True
                continue
            assert not ended
            if is_newest:
                pairs.append(pair)
                refreshed_at = cloud.now
            assert who(cloud, pair.access) == ADA
        if ended:
            with pytest.raises(NotAuthenticated):
                who(cloud, pairs[-1].access)


def test_signing_out_ends_it_and_may_be_repeated(ada: Cloud) -> None:
    pair = enter(ada)
    ada.security.sign_in.sign_out(pair.refresh)
    ada.security.sign_in.sign_out(pair.refresh)
    with pytest.raises(NotAuthenticated, match="ended"):
        who(ada, pair.access)
    assert deeds(ada).count("sign_out") == 1


def disabled(cloud: Cloud) -> None:
    cloud.security.people.put(ADA, "Ada", OWNER, by="test", enabled=False)


def given_another_password(cloud: Cloud) -> None:
    cloud.security.people.put(ADA, "Ada", OWNER, by="test", password=PASSWORD + "!")


def has_taken_another_password(cloud: Cloud) -> None:
    cloud.security.people.change_password(ADA, PASSWORD, PASSWORD + "!")


@pytest.mark.parametrize("act", [disabled, given_another_password, has_taken_another_password])
def test_who_is_signed_in_is_put_out(ada: Cloud, act: Callable[[Cloud], None]) -> None:
    pair = enter(ada)
    act(ada)
    with pytest.raises(NotAuthenticated, match="ended"):
        who(ada, pair.access)
    with pytest.raises(NotAuthenticated, match="ended"):
        ada.security.sign_in.refresh(pair.refresh)
    with pytest.raises(NotAuthenticated):
        enter(ada)


def test_a_role_that_is_taken_away_is_gone_at_once(ada: Cloud) -> None:
    pair = enter(ada)
    ada.security.people.put(ADA, "Ada", (Grant(Role.EXECUTIVE, "north"),), by="test")
    assert not ada.security.sign_in.principal_of(pair.access).may(Permission.BOOK)


def test_wrong_passwords_have_to_wait_longer_and_longer(ada: Cloud) -> None:
    def guess(password: str = "wrong") -> type[CloudError] | None:
        try:
            enter(ada, password=password)
        except CloudError as error:
            return type(error)
        return None

    assert [guess() for _ in range(TRIES_FREE)] == [NotAuthenticated] * TRIES_FREE
    assert (guess(), guess(PASSWORD)) == (TooMany, TooMany), "also the right one waits"
    waits: list[int] = []
    while len(waits) < 8:
        with pytest.raises(TooMany, match="try again in") as refused:
            enter(ada)
        waits.append(refused.value.wait_s)
        ada.now += timedelta(seconds=refused.value.wait_s)
        assert guess() is NotAuthenticated
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]
    assert int(WAIT_MAX.total_seconds()) == 900
    ada.now += WAIT_MAX
    assert guess(PASSWORD) is None
    assert guess() is NotAuthenticated


def test_forty_who_guess_at_once_do_not_get_more_tries(ada: Cloud) -> None:
    def guess(_: int) -> str:
        try:
            enter(ada, password="wrong")
        except CloudError as error:
            return error.slug
        return "in"

    with ThreadPoolExecutor(40) as pool:
        outcomes = list(pool.map(guess, range(40)))
    assert outcomes.count("not-authenticated") == TRIES_FREE
    assert outcomes.count("too-many") == 40 - TRIES_FREE


def test_an_admin_hears_of_guessing(ada: Cloud) -> None:
    for _ in range(GUESSES):
        ada.now += WAIT_MAX
        with pytest.raises(NotAuthenticated):
            enter(ada, password="wrong")
    assert kinds(ada) == [Kind.GUESSING]


def test_the_oldest_device_is_forgotten(ada: Cloud) -> None:
    pairs = []
    for _ in range(SESSIONS_MAX + 2):
        ada.now += timedelta(seconds=1)
        pairs.append(enter(ada))
    assert len(ada.rows(people_store.sessions)) == SESSIONS_MAX
    assert who(ada, pairs[2].access) == ADA
    with pytest.raises(NotAuthenticated):
        who(ada, pairs[1].access)


def test_a_key_opens_what_it_may_until_its_end(cloud: Cloud) -> None:
    people = cloud.security.people
    only = frozenset({Permission.SEE_OPERATIONS})
    key, token = people.make_key("prometheus", (Grant(Role.ADMIN, None),), by=ADA, only=only, ends_at=T0 + ACCESS_FOR)
    principal = cloud.security.sign_in.principal_of(token)
    assert principal.name == "key/prometheus"
    assert [permission for permission in Permission if principal.may(permission)] == [Permission.SEE_OPERATIONS]
    assert token not in str(cloud.rows(people_store.api_keys))
    for broken in (token[:-1], token + "x", f"ttk_{key.id}_", f"ttk_{key.id}", "ttk__"):
        with pytest.raises(NotAuthenticated):
            who(cloud, broken)
    cloud.now = T0 + ACCESS_FOR
    with pytest.raises(NotAuthenticated, match="this key has ended"):
        who(cloud, token)


def test_a_revoked_key_opens_nothing_and_its_name_is_never_another_s(cloud: Cloud) -> None:
    people = cloud.security.people
    key, token = people.make_key("backup", OWNER, by=ADA)
    people.revoke_key(key.id, by=ADA)
    assert people.revoke_key(key.id, by=ADA).ended_at == T0
    with pytest.raises(NotAuthenticated, match="this key has ended"):
        who(cloud, token)
    with pytest.raises(Conflict, match="was called 'backup' before"):
        people.make_key("backup", OWNER, by=ADA)
    with pytest.raises(NotFound):
        people.revoke_key("none", by=ADA)
    assert deeds(cloud) == ["make_key", "revoke_key"]


def test_what_an_admin_cannot_do(cloud: Cloud) -> None:
    people = cloud.security.people
    with pytest.raises(Refused, match="15 to 200 characters"):
        people.put(ADA, "Ada", OWNER, by="test", password="short")
    with pytest.raises(Refused, match="leave the fleet out"):
        people.put(ADA, "Ada", (Grant(Role.ADMIN, "north"),), by="test")
    with pytest.raises(Refused, match="this is past"):
        people.make_key("late", OWNER, by="test", ends_at=T0)
    assert cloud.rows(people_store.people) == []
    assert deeds(cloud) == []


def test_a_token_that_somebody_else_signed(ada: Cloud) -> None:
    pair = enter(ada)
    told = jwt.decode(pair.access, options={"verify_signature": False})
    for forged in (
        jwt.encode(told, b"another key of thirty-two bytes!", algorithm="HS256"),
        jwt.encode(told, "", algorithm="none"),
        jwt.encode({**told, "iss": "somebody"}, bytes(32), algorithm="HS256"),
        jwt.encode({name: told[name] for name in told if name != "exp"}, bytes(32), algorithm="HS256"),
    ):
        with pytest.raises(NotAuthenticated, match="not known here"):
            who(ada, forged)


def test_the_token_of_a_locked_person_opens_nothing_until_somebody_has_looked(ada: Cloud) -> None:
    pair = enter(ada)
    ada.security.watch.raise_finding(ADA, Suspicion(Kind.RATE, Severity.CRITICAL, "far too much"))
    for act in (lambda: who(ada, pair.access), lambda: ada.security.sign_in.refresh(pair.refresh), lambda: enter(ada)):
        with pytest.raises(NotAllowed, match="locked for unusual activity: an admin can look at finding 1"):
            act()
    ada.security.watch.close(1, by="root", note="it was a script")
    assert who(ada, pair.access) == ADA


def test_a_digest_of_unknown_make_opens_nothing() -> None:
    assert not Passwords(memory_kib=64).check(PASSWORD, "$1$md5$")


@given(st.integers(0, 10_000), st.integers(0, 10**6))
def test_waiting_never_shrinks_with_more_failures_and_is_bounded(failures: int, later_s: int) -> None:
    now = T0 + timedelta(seconds=later_s)
    person = Person(ADA, "Ada", OWNER, True, None, failures, None, T0)
    once, twice = person.failed(now), person.failed(now).failed(now)
    assert 0 <= once.wait_s(now) <= twice.wait_s(now) <= WAIT_MAX.total_seconds()
    assert twice.came_in().wait_s(now) == 0


def test_the_signing_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "signing.key"
    key = signing_key(file)
    assert (signing_key(file), file.stat().st_mode & 0o777, len(key)) == (key, 0o600, 32)
    assert [path.name for path in tmp_path.iterdir()] == ["signing.key"]
    file.chmod(0o640)
    with pytest.raises(ConfigError, match="others may read this key"):
        signing_key(file)
    file.chmod(0o600)
    file.write_bytes(b"cut")
    with pytest.raises(ConfigError, match="has 32 bytes, this file 3"):
        signing_key(file)
    with pytest.raises(ConfigError, match="cannot be made"):
        signing_key(tmp_path / "nowhere" / "signing.key")


def test_two_that_start_at_once_have_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: signing_key(tmp_path / "signing.key"), range(16)))
    assert len(keys) == 1


def test_a_day_of_a_person_over_http(cloud: Cloud) -> None:
    app = api_of(cloud)

    def say(method: str, path: str, body: Any = None, token: str | None = TOKEN) -> Any:
        answer = ask(app, f"{V1}{path}", method=method, body=body, token=token)
        assert answer.status_code in {200, 201, 204}, answer.text
        return answer.json() if answer.content else None

    wish = {"name": "Ada", "grants": [{"role": "owner", "fleet": "north"}], "password": PASSWORD}
    assert say("PUT", "/people/Ada@Example.org", wish)["login"] == ADA
    pair = say("POST", "/session", {"login": ADA, "password": PASSWORD}, None)
    assert say("GET", "/me", token=pair["access_token"])["name"] == ADA
    pair = say("POST", "/session/refresh", {"refresh": pair["refresh_token"]}, None)
    assert say("GET", "/vehicles", token=pair["access_token"])["items"] == []
    new = {"old": PASSWORD, "new": "another horse battery staple"}
    assert say("POST", "/me/password", new, pair["access_token"]) is None
    assert ask(app, f"{V1}/me", token=pair["access_token"]).status_code == 401
    pair = say("POST", "/session", {"login": ADA, "password": new["new"]}, None)
    assert say("POST", "/session/end", {"refresh": pair["refresh_token"]}, None) is None
    [first, *_] = say("GET", "/audit?by=bootstrap")["items"]
    assert (first["action"], first["subject"]) == ("put_person", f"people/{ADA}")
    assert [person["has_password"] for person in say("GET", "/people")["items"]] == [True]
    key = say("POST", "/keys", {"name": "scraper", "grants": [{"role": "admin"}], "only": ["see_operations"]})
    assert "counters" not in say("GET", "/counters", token=key["token"])
    assert say("DELETE", f"/keys/{key['id']}")["ended_at"] is not None
    assert say("GET", "/keys")["items"][0]["name"] == "scraper"


@pytest.mark.parametrize(
    ("method", "path", "body", "says"),
    [
        ("PUT", "/people/bootstrap", {"name": "Eve"}, "is no person's name"),
        ("PUT", "/people/key%2Feve", {"name": "Eve"}, "no"),
        ("PUT", "/people/eve", {"name": "Eve", "role": "admin"}, "Extra inputs"),
        ("PUT", "/people/eve", {"name": "Eve", "password": "short"}, "15 to 200 characters"),
        ("POST", "/keys", {"name": "a b", "grants": [{"role": "owner"}]}, "pattern"),
        ("POST", "/keys", {"name": "eve", "grants": []}, "at least 1"),
        ("POST", "/me/password", {"old": PASSWORD, "new": PASSWORD}, "no person 'bootstrap'"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(
    cloud: Cloud, method: str, path: str, body: object, says: str
) -> None:
    answer = ask(api_of(cloud), f"{V1}{path}", method=method, body=body)
    assert answer.status_code in {404, 422}
    assert says in problem(answer)["detail"] or answer.status_code == 404
    assert cloud.rows(people_store.people) == []


def test_a_password_is_never_repeated_in_an_answer(cloud: Cloud) -> None:
    answer = ask(api_of(cloud), f"{V1}/session", method="POST", body={"login": "a b", "password": PASSWORD}, token=None)
    assert answer.status_code == 422
    assert PASSWORD not in answer.text
