"""The console's files: what is served where, how long it may be kept, and what a page may load."""

import gzip
import json
import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from cloud.api.server import V1
from cloud.console.serve import NOT_BUILT, POLICY, read_files, with_console
from tests.shared import ROOT
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.test_api import api_of, ask

INDEX = "<!doctype html><title>Telltale</title>"
SCRIPT = "export const text = 'long enough to be packed';\n" * 50
CONSOLE = ROOT / "cloud" / "console"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text(INDEX)
    (dist / "icon.svg").write_text("<svg/>")
    (dist / ".made-from").write_text("1 2")
    (dist / "assets" / "index-1a2b.js").write_text(SCRIPT)
    (tmp_path / "secret.json").write_text("{}")
    return dist


@pytest.fixture
def app(cloud: Cloud, built: Path) -> FastAPI:
    return with_console(api_of(cloud), built)


def get(app: FastAPI, path: str, *, method: str = "GET") -> httpx.Response:
    return ask(app, path, method=method, token=None)


@pytest.mark.parametrize("path", ["/", "/fleet", "/cases/4", "/alerts/north/van-7/0f1e", "/vehicles/north/a.b"])
def test_every_path_of_the_console_is_its_first_page_asked_for_anew(app: FastAPI, path: str) -> None:
    page = get(app, path)
    assert (page.status_code, page.text) == (200, INDEX)
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["content-type"] == "text/html; charset=utf-8"


def test_a_hashed_file_is_kept_for_ever_and_packed(app: FastAPI, built: Path) -> None:
    script = get(app, "/assets/index-1a2b.js")
    assert script.text == SCRIPT
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-encoding"] == "gzip"
    assert int(script.headers["content-length"]) < len(SCRIPT) / 10
    assert script.headers["vary"] == "Accept-Encoding"
    packed = read_files(built)["assets/index-1a2b.js"].packed
    assert packed is not None
    assert gzip.decompress(packed).decode() == SCRIPT


def test_other_files_are_not_kept(app: FastAPI) -> None:
    icon = get(app, "/icon.svg")
    assert icon.headers["content-type"] == "image/svg+xml"
    assert icon.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/assets/index-1a2b.js", "/icon.svg"])
def test_a_page_loads_and_runs_nothing_but_the_console(app: FastAPI, path: str) -> None:
    headers = get(app, path).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert re.findall(r"[a-z-]+ [^;]*blob:", POLICY) == ["frame-src blob:"]


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone-9.js",
        "/old.js",
        "/.made-from.json",
        "/../secret.json",
        "/%2e%2e/secret.json",
        "/assets",
        "/.made-from",
    ],
)
def test_what_was_not_built_is_not_served(app: FastAPI, path: str) -> None:
    answer = get(app, path)
    assert answer.text == INDEX or answer.status_code == 404
    assert answer.text not in {"1 2", "{}"}
    if path.endswith((".js", ".json")):
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{V1}/nothing", 404),
        ("GET", "/api/v2/alerts", 404),
        ("GET", "/api", 404),
        ("GET", f"{V1}/alerts", 401),
        ("GET", "/metrics", 401),
        ("GET", "/healthz", 200),
        ("POST", "/fleet", 404),
        ("DELETE", "/", 404),
    ],
)
def test_what_is_the_apis_stays_the_apis(app: FastAPI, cloud: Cloud, method: str, path: str, status: int) -> None:
    answer = get(app, path, method=method)
    assert answer.status_code == status
    assert (answer.status_code, answer.content) == (status, get(api_of(cloud), path, method=method).content)


def test_where_nothing_was_built_the_first_page_says_so(cloud: Cloud, tmp_path: Path) -> None:
    app = with_console(api_of(cloud), tmp_path / "dist")
    answer = get(app, "/")
    assert (answer.status_code, answer.text) == (503, NOT_BUILT)
    assert get(app, "/fleet").status_code == 404


def test_the_console_knows_no_feature() -> None:
    text = (CONSOLE / "serve.py").read_text()
    assert re.findall(r"^(?:from|import) (cloud|edge|models)\b", text, re.MULTILINE) == []


def test_the_lock_of_the_packages_names_no_registry() -> None:
    text = (CONSOLE / "package-lock.json").read_text()
    assert "resolved" not in text
    packages = json.loads(text)["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)


def test_every_package_of_the_console_is_pinned_and_free() -> None:
    wanted = json.loads((CONSOLE / "package.json").read_text())
    locked = json.loads((CONSOLE / "package-lock.json").read_text())["packages"]
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert locked[f"node_modules/{name}"]["version"] == version
    licences = {package.get("license", "none") for name, package in locked.items() if name}
    assert not {licence for licence in licences if "GPL" in licence and "LGPL" not in licence}, licences
    assert "none" not in licences
