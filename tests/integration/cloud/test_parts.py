"""A part that dies is never silently missing."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from cloud.app import _outlast
from cloud.broker.embedded import embedded_broker
from cloud.errors import PartEnded
from tests.integration.cloud.service import serving
from tests.integration.cloud.talker import Talker
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.vehicle import Speaker

VAN = Speaker()


def test_an_inbox_that_dies_ends_the_service(tmp_path: Path) -> None:
    with serving(tmp_path, "--embedded-broker", "--broker-port", "0") as service:
        with sqlite3.connect(service.database) as connection:
            connection.execute(
                "CREATE TRIGGER impossible BEFORE INSERT ON receipts BEGIN SELECT RAISE(ABORT, 'impossible'); END"
            )
        connection.close()
        with Talker(service.broker, VAN.address) as van:
            van.give(VAN.say(says.alert(), 1))
            assert service.wait_for_exit() == 1
        assert "a part of the service died, so all of it ends" in service.log
        assert "impossible" in service.log
        assert not (tmp_path / "where.json").exists()


def test_an_embedded_broker_that_forwards_no_more_is_noticed() -> None:
    async def watched() -> None:
        async with embedded_broker(0) as broker:
            broker._broker._broadcast_task.cancel()
            await broker.watch()

    with pytest.raises(PartEnded, match="the embedded broker's forwarding ended by itself"):
        asyncio.run(watched())


def test_a_part_may_end_only_when_asked() -> None:
    async def ends() -> None:
        await asyncio.sleep(0)

    async def ended(*, asked: bool) -> None:
        stop = asyncio.Event()
        if asked:
            stop.set()
        await _outlast(stop, "api", ends())

    asyncio.run(ended(asked=True))
    with pytest.raises(PartEnded, match="api ended by itself"):
        asyncio.run(ended(asked=False))
