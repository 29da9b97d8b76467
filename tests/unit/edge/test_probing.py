"""A silent connector is tried with whatever `ip` is there: none, one that refuses, one that cannot listen only."""

from contextlib import suppress
from pathlib import Path

import pytest

from edge.diagnostics.opening import Asking, manners
from edge.errors import ConfigError
from edge.probing import try_connector

ASKING = Asking(source="can:ttnone0", manners=manners())


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all that programs are looked for in."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def ip_that(tools: Path, script: str) -> Path:
    """An `ip` that writes down what it is asked, and then does as the script says."""
    asked = tools / "asked"
    ip = tools / "ip"
    ip.write_text(f'#!/bin/sh\necho "$@" >> {asked}\n{script}\n')
    ip.chmod(0o755)
    return asked


@pytest.mark.usefixtures("tools")
def test_without_ip_it_is_said_what_is_missing_and_that_nothing_was_asked() -> None:
    told = try_connector(ASKING, engine_runs=True)
    assert told.startswith("asked: nothing: the bit rate cannot be set: there is no `ip` here (package iproute2)\n")
    assert "set it down" in told


def test_one_that_refuses_is_quoted(tools: Path) -> None:
    ip_that(tools, 'echo "RTNETLINK answers: Operation not permitted" >&2; exit 2')
    told = try_connector(ASKING, engine_runs=True)
    assert "asked: nothing: ip link set ttnone0 down: RTNETLINK answers: Operation not permitted; it needs root" in told


def test_a_controller_that_cannot_listen_only_is_left_down_and_never_takes_part(tools: Path) -> None:
    asked = ip_that(tools, 'case "$*" in *listen-only*) echo "Operation not supported" >&2; exit 2;; esac')
    told = try_connector(ASKING, engine_runs=True)
    assert "Operation not supported" in told
    assert told.endswith("ttnone0 is left down\n")
    assert asked.read_text().splitlines() == [
        "link set ttnone0 down",
        "link set ttnone0 type can bitrate 500000 restart-ms 0 listen-only on",
        "link set ttnone0 down",
    ]


def test_an_interface_that_is_gone_when_it_is_opened_is_left_down(tools: Path) -> None:
    asked = ip_that(tools, "exit 0")
    with suppress(ConfigError):  # on a machine that knows no CAN at all
        assert try_connector(ASKING, engine_runs=True).startswith("asked: nothing: ")
    assert asked.read_text().splitlines()[-2:] == ["link set ttnone0 up", "link set ttnone0 down"]
