"""What the keeper does about each answer of its child, which is a real one."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.enrolment.identity import FILE, Identity
from edge.enrolment.keeper import LOOK_S, REFUSED_RETRY_S, RETRY_S, Keeper
from edge.errors import ConfigError

RENEW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def identity(folder: Path, *, cloud: str = "http://127.0.0.1:9") -> None:
    Identity(
        fleet="north",
        vehicle="van-7",
        broker="mqtts://broker.example:8883",
        cloud=cloud,
        renew_at=RENEW.isoformat(),
        ends_at=(RENEW + timedelta(days=30)).isoformat(),
    ).write(folder, "no key at all")


def keeper(folder: Path, now: datetime | None) -> Keeper:
    return Keeper(folder, utc_now=lambda: now, random=lambda: 0.5, on_renewed=lambda: None)


@pytest.mark.parametrize("now", [None, RENEW - timedelta(seconds=1)])
def test_before_it_is_time_nothing_is_asked(tmp_path: Path, now: datetime | None) -> None:
    identity(tmp_path)
    kept = keeper(tmp_path, now)
    assert asyncio.run(kept._look()) == LOOK_S
    assert kept.trouble == ""


def test_a_box_without_an_identity_has_nothing_to_renew(tmp_path: Path) -> None:
    assert asyncio.run(keeper(tmp_path, RENEW)._look()) == LOOK_S


def test_a_damaged_identity_is_said_and_not_fatal(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("noise")
    kept = keeper(tmp_path, RENEW)
    assert asyncio.run(kept._look()) == REFUSED_RETRY_S
    assert "is no identity" in kept.trouble


def test_a_key_that_is_gone_is_for_a_person(tmp_path: Path) -> None:
    identity(tmp_path)
    kept = keeper(tmp_path, RENEW)
    assert asyncio.run(kept._look()) == REFUSED_RETRY_S
    assert "is damaged" in kept.trouble


def test_no_child_is_a_reason_to_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identity(tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    kept = keeper(tmp_path, RENEW)
    assert asyncio.run(kept._look()) == RETRY_S
    assert "no child can be started" in kept.trouble


def test_a_new_file_that_cannot_be_shown_does_not_end_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity(tmp_path)
    good = tmp_path / "always-good"
    good.write_text("#!/bin/sh\nexit 0\n")
    good.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(good))

    def fail() -> None:
        raise ConfigError("cannot be used", file=tmp_path / FILE)

    kept = Keeper(tmp_path, utc_now=lambda: RENEW, random=lambda: 0.5, on_renewed=fail)
    assert asyncio.run(kept._look()) == LOOK_S
    assert "cannot be used" in kept.trouble
    kept._on_renewed = lambda: None
    asyncio.run(kept._look())
    assert kept.trouble == ""


def test_it_ends_when_it_is_told(tmp_path: Path) -> None:
    async def run() -> None:
        stop = asyncio.Event()
        running = asyncio.ensure_future(keeper(tmp_path, RENEW).run(stop))
        await asyncio.sleep(0)
        stop.set()
        async with asyncio.timeout(5):
            await running

    asyncio.run(run())
