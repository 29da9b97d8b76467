"""A real mosquitto for tests: on a free loopback port, in a folder of its own, killed and restarted at will."""

import getpass
import random
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from cloud.broker.mosquitto import MosquittoSettings, mosquitto_conf
from tests.waiting import SLOWER

PORTS: Final = 20_000, 32_768
"""Below those that Linux gives to connections (ip(7), ip_local_port_range)."""
_START_SECONDS_MAX: Final = 10.0 * SLOWER
_STOP_SECONDS_MAX: Final = 10.0 * SLOWER


def mosquitto_binary() -> str | None:
    """Where mosquitto is installed; /usr/sbin is not on everybody's path."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")


def free_port() -> int:
    """A TCP port that nobody listened on a moment ago, and that the system gives to nobody who connects: whoever was
    killed finds it free when he is started again."""
    rng = random.SystemRandom()
    while True:
        port = rng.randrange(*PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Mosquitto:
    """A mosquitto with the configuration that Telltale writes; one port and one persistence folder over restarts.

    As a context manager it is running inside and gone afterwards. `kill` and `start` in between are a power cut.
    """

    def __init__(self, folder: Path, *, port: int = 0, extra: str = "") -> None:
        """`folder` must exist; `extra` lines are added to the configuration."""
        self.folder = folder
        self.port = port or free_port()
        self.log = folder / "mosquitto.log"
        settings = MosquittoSettings(folder=folder, port=self.port, user=getpass.getuser())
        self._conf = folder / "mosquitto.conf"
        self._conf.write_text(mosquitto_conf(settings) + extra)
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """For --broker."""
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """None when it does not run."""
        return None if self._running is None else self._running.pid

    def start(self) -> None:
        """Start it and wait until it takes connections.

        Raises:
            RuntimeError: it is not installed, runs already, or ended at once; with what it wrote to its log.
        """
        binary = mosquitto_binary()
        if binary is None:
            raise RuntimeError("mosquitto is not installed: apt-get install --no-install-recommends mosquitto")
        if self._running is not None:
            raise RuntimeError("this mosquitto runs already")
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                [binary, "-c", str(self._conf)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._wait_until_listening(self._running)

    def kill(self) -> None:
        """As a power cut would: no goodbye to anyone, no last save."""
        self._end(how="kill")

    def stop(self) -> None:
        """As an operator would."""
        self._end(how="terminate")

    def restart(self) -> None:
        """Power cut and back again, on the same port and with what it had saved."""
        self.kill()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _end(self, *, how: str) -> None:
        running, self._running = self._running, None
        if running is None:
            return
        if how == "kill":
            running.kill()
        else:
            running.terminate()
        try:
            running.wait(_STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait(_STOP_SECONDS_MAX)

    def _wait_until_listening(self, running: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS_MAX
        while time.monotonic() < deadline:
            if running.poll() is not None:
                self._running = None
                raise RuntimeError(f"mosquitto ended with {running.returncode}: {self.log.read_text()[-2000:]}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=0.2).close()
            except OSError:
                time.sleep(0.01)  # another process is what we wait for; there is nothing to be notified by
            else:
                return
        self.kill()
        raise RuntimeError(f"mosquitto does not listen on {self.port} after {_START_SECONDS_MAX} s")
