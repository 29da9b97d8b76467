"""Machines that boot from a disk in a guest, and whose power can be cut."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


class Machine:
    """One boot from a disk: its console's lines, until the power is cut."""

    def __init__(
        self, tool: Path, image: Path, timeout_s: int, *,
        init: str = "/sbin/init", memory_mb: int = 512, extra: str = "",
    ) -> None:  # fmt: skip
        """`tool` boots disks; `init` is what the kernel starts; `extra`: more hardware, as the tool takes it."""
        command = [str(tool), "--mem", str(memory_mb), "--timeout", str(timeout_s), str(image), f"INIT={init}"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", start_new_session=True, env={**os.environ, "RUN_IN_VM_QEMU": extra},
        )  # fmt: skip

    def lines(self) -> Iterator[str]:
        """Of its console."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            yield line.strip()

    def cut_now(self) -> None:
        """The power is gone; safe to repeat."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def cut(self) -> None:
        """The power is gone, and nothing is left of the machine."""
        self.cut_now()
        self._process.communicate()
