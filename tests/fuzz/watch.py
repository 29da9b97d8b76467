"""Watch: one target tried on one input after the other; of each way to fail the smallest input is kept."""

import gc
import hashlib
import json
import signal
import time
import traceback
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from types import FrameType
from typing import Final

from tests.fuzz.targets import Target
from tests.shared import ROOT

HANG_S: Final = 5.0
"""Of processor time for one input: a thousand times what one takes."""
WARM: Final = 0.1
"""Of its inputs a target needs to have seen everything that it keeps for good."""
PAGE_KB: Final = 4
COLLECT_EVERY: Final = 500
"""Inputs; decoders hold themselves in circles, which Python looks for seldom."""
WAYS_MAX: Final = 20
"""Ways to fail that are kept."""


class Hang(BaseException):
    """An input takes longer than any should. No Exception, so that nobody takes it for one of his own."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run of one target was like."""

    target: str
    inputs: int = 0
    seconds: float = 0.0
    processor_s: float = 0.0
    slowest_s: float = 0.0
    """Of processor time, for one input."""
    begin_mb: float = 0.0
    """In memory when it was warm."""
    end_mb: float = 0.0
    peak_mb: float = 0.0
    failed: int = 0
    """Inputs."""
    failures: tuple[str, ...] = ()
    """The files of inputs that failed, one of each way to do so."""

    def after(self, first: "Report") -> "Report":
        """Both runs of the target; memory is that of this one."""
        return replace(
            self,
            inputs=first.inputs + self.inputs,
            seconds=first.seconds + self.seconds,
            processor_s=first.processor_s + self.processor_s,
            slowest_s=max(first.slowest_s, self.slowest_s),
            failed=first.failed + self.failed,
            failures=tuple(dict.fromkeys([*first.failures, *self.failures])),
        )

    def write(self, file: Path) -> None:
        """For whoever started the run."""
        file.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, file: Path) -> "Report":
        """What was written."""
        fields = json.loads(file.read_text())
        return cls(**{**fields, "failures": tuple(fields["failures"])})


class Watch:
    """Tries inputs until there were enough of them, the time is over, or one hangs."""

    def __init__(self, name: str, target: Target, out: Path, *, inputs: int, seconds: float) -> None:
        self.is_over = False
        self._name, self._target, self._out = name, target, out
        self._inputs_max, self._seconds_max = inputs, seconds
        self._warm_at = max(1, int(inputs * WARM))
        self._inputs = 0
        self._slowest_s = 0.0
        self._begin_mb = 0.0
        self._failed = 0
        self._failures: dict[tuple[str, ...], bytes] = {}
        """By where it came out, the smallest input."""
        self._begun, self._processor_begun = time.monotonic(), time.process_time()
        signal.signal(signal.SIGVTALRM, _hang)

    def take(self, content: bytes) -> None:
        """Try one input; afterwards `is_over` says whether that was the last."""
        begun = time.process_time()
        try:
            signal.setitimer(signal.ITIMER_VIRTUAL, HANG_S)
            try:
                self._target.check(content)
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # whatever it is, it is what we look for
            self._note(content, error)
            self.is_over = isinstance(error, Hang)
        self._inputs += 1
        self._slowest_s = max(self._slowest_s, time.process_time() - begun)
        if self._inputs % COLLECT_EVERY == 0:
            gc.collect()
        if self._inputs == self._warm_at:
            self._begin_mb = memory_mb()
        is_late = time.monotonic() - self._begun > self._seconds_max
        self.is_over |= self._inputs >= self._inputs_max or is_late

    def report(self) -> Report:
        """So far."""
        peak_mb = getrusage(RUSAGE_SELF).ru_maxrss / 1024
        gc.collect()
        end_mb = memory_mb()
        seconds = time.monotonic() - self._begun
        begin_mb = self._begin_mb or end_mb
        files = tuple(str(self._file(way[0], content)) for way, content in self._failures.items())
        memory = begin_mb, end_mb, peak_mb
        times = seconds, time.process_time() - self._processor_begun, self._slowest_s
        return Report(self._name, self._inputs, *times, *memory, self._failed, files)

    def _note(self, content: bytes, error: BaseException) -> None:
        """Keep it, if it fails in a way of its own, or is smaller than the one that is kept."""
        self._failed += 1
        kind = "hang" if isinstance(error, Hang) else "crash"
        way = kind, type(error).__name__, *_where(error)
        kept = self._failures.get(way)
        if len(self._failures) >= WAYS_MAX and kept is None:
            return
        if kept is None or len(content) < len(kept):
            if kept is not None:
                self._file(kind, kept).unlink()
                self._file(kind, kept).with_suffix(".txt").unlink()
            self._failures[way] = content
            file = self._file(kind, content)
            file.write_bytes(content)
            file.with_suffix(".txt").write_text("".join(traceback.format_exception(error)), errors="backslashreplace")

    def _file(self, kind: str, content: bytes) -> Path:
        return self._out / f"{self._name}-{kind}-{hashlib.sha256(content).hexdigest()[:12]}"


def memory_mb() -> float:
    """What this process has in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_KB / 1024


def _where(error: BaseException) -> tuple[str, str]:
    """File and line of ours that were last."""
    ours = [one for one in traceback.extract_tb(error.__traceback__) if one.filename.startswith(str(ROOT))]
    return ours[-1].filename, str(ours[-1].lineno)


def _hang(_number: int, _frame: FrameType | None) -> None:
    raise Hang
