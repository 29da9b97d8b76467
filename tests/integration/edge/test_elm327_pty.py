import gc
import os
import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.simulator.elm327 import Defect, Elm327
from tests.elm327 import PluggedIn, plugged_in
from tests.unit.simulator.ecu.car import Car

PATIENCE_S = 20.0


class Port:
    """A program's end of a serial line."""

    def __init__(self, path: str) -> None:
        self.file = os.open(path, os.O_RDWR | os.O_NOCTTY)

    def ask(self, command: str, *, within_s: float = PATIENCE_S) -> str:
        """Everything until the prompt; without one, what has come in that time."""
        os.write(self.file, f"{command}\r".encode())
        return self.read(within_s)

    def read(self, within_s: float) -> str:
        deadline = time.monotonic() + within_s
        seen = b""
        while not seen.endswith(b">") and (left_s := deadline - time.monotonic()) > 0:
            if select.select([self.file], [], [], left_s)[0]:
                seen += os.read(self.file, 1024) or _hung_up()
        return seen.decode("latin-1")


def _hung_up() -> bytes:
    raise OSError("the other end is gone")


@contextmanager
def opened(path: str) -> Iterator[Port]:
    port = Port(path)
    try:
        yield port
    finally:
        os.close(port.file)


def driven() -> Car:
    car = Car()
    car.shows.update(rpm=1726.0, kmh=63.0)
    for _ in range(2):
        car.drive({"P0171": True})
    return car


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    def held() -> tuple[int, set[str]]:
        gc.collect()  # what earlier tests left is not counted here
        return len(list(Path("/proc/self/fd").iterdir())), {thread.name for thread in threading.enumerate()}

    files, threads = held()
    yield
    files_after, threads_after = held()
    assert files_after <= files
    assert threads_after <= threads


@pytest.mark.parametrize(("extended", "number"), [(False, "A6"), (True, "A7")])
def test_a_vehicle_is_read_and_its_codes_are_cleared(extended: bool, number: str) -> None:
    with plugged_in(Elm327(driven().network(extended=extended))) as adapter, opened(adapter.path) as port:
        assert port.ask("ATZ") == "ATZ\r\r\rELM327 v1.5\r\r>"
        assert port.ask("ATE0") == "ATE0\rOK\r\r>"
        assert port.ask("010C") == "SEARCHING...\r41 0C 1A F8 \r\r>"
        assert port.ask("ATDPN") == f"{number}\r\r>"
        assert port.ask("09023") == (
            "014\r0: 49 02 01 57 54 54 \r1: 30 30 30 30 30 30 30 \r2: 30 30 30 30 30 34 32 \r\r>"
        )
        assert port.ask("03") == "43 01 01 71 \r43 00 \r\r>"
        assert port.ask("04") == "44 \r44 \r\r>"
        assert port.ask("03") == "43 00 \r43 00 \r\r>"


def test_one_program_after_another() -> None:
    with plugged_in(Elm327(driven().network())) as adapter:
        with opened(adapter.path) as port:
            port.ask("ATE0")
        with opened(adapter.path) as port:
            assert port.ask("ATI") == "ELM327 v1.5\r\r>"
        assert not adapter.unplugged


def test_time_is_that_of_the_clock() -> None:
    slow = Elm327(driven().network(), defect=Defect.SLOW, delay_s=0.5)
    with plugged_in(slow) as adapter, opened(adapter.path) as port:
        start = time.monotonic()
        assert port.ask("ATI") == "ATI\rELM327 v1.5\r\r>"
        assert time.monotonic() - start >= 0.5


def test_a_silent_adapter() -> None:
    with plugged_in(Elm327(driven().network(), defect=Defect.SILENT, good_commands=1)) as adapter:
        with opened(adapter.path) as port:
            assert port.ask("ATI") == "ATI\rELM327 v1.5\r\r>"
            assert port.ask("ATI", within_s=0.5) == ""
        assert not adapter.unplugged


def test_an_adapter_that_is_pulled_out_in_the_middle_of_an_answer() -> None:
    with plugged_in(Elm327(driven().network(), defect=Defect.UNPLUGGED, good_commands=2)) as adapter:
        with opened(adapter.path) as port:
            port.ask("ATE0")
            port.ask("ATSP6")
            with pytest.raises(OSError, match=r"gone|Input/output error"):
                port.ask("010C")
            assert adapter.wait_until_unplugged(PATIENCE_S)
            with pytest.raises(OSError, match="Input/output error"):
                os.write(port.file, b"ATZ\r")
        with pytest.raises(OSError, match="No such file"), opened(adapter.path):
            pass


def test_it_can_be_pulled_out_by_hand() -> None:
    with plugged_in(Elm327(driven().network())) as adapter, opened(adapter.path) as port:
        assert port.ask("ATI").endswith(">")
        adapter.unplug()
        with pytest.raises(OSError, match=r"gone|Input/output error"):
            port.read(PATIENCE_S)


def test_it_ends_by_itself() -> None:
    with plugged_in(Elm327(driven().network()), life_s=0.2) as adapter:
        assert adapter.wait_until_unplugged(PATIENCE_S)


def test_nothing_is_left_of_it_when_a_test_fails() -> None:
    with pytest.raises(RuntimeError, match="a test"), plugged_in(Elm327(driven().network())):
        raise RuntimeError("a test that fails")


def test_someone_who_never_reads_loses_characters_and_hangs_nobody() -> None:
    with plugged_in(Elm327(driven().network(), baud=10_000_000)) as adapter, opened(adapter.path) as port:
        deadline = time.monotonic() + PATIENCE_S
        while not adapter.lost and time.monotonic() < deadline:
            os.write(port.file, b"ATI\r" * 50)  # the adapter reads on, so this never waits for long
        assert adapter.lost


def test_an_error_of_the_vehicle_comes_out_at_the_end() -> None:
    car = driven()
    car.shows.clear()
    adapter = PluggedIn(Elm327(car.network()))
    with opened(adapter.path) as port, pytest.raises(OSError, match=r"gone|Input/output error"):
        port.ask("010C")
    with pytest.raises(KeyError, match="rpm"):
        adapter.unplug()
