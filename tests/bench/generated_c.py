"""cantools' generated C as the ceiling: what a compiler makes of the same database, in a loop in C."""

import ctypes
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from cantools.database.can import Message
from cantools.database.can.c_source import camel_to_snake_case, generate

from edge.frames import FD_BYTES
from tests.bench.loads import Load

FLAGS: Final = ("-O3", "-ffp-contract=off", "-shared", "-fPIC", "-w")
"""Without contraction: a multiply and an add that are one rounding would give other numbers."""
_VALUES_MAX: Final = 512
"""Of one frame."""


class GeneratedC:
    """A shared library that decodes frames of one database, one after the other."""

    def __init__(self, load: Load, folder: Path) -> None:
        names = ("db.h", "db.c", "fuzz.c")
        header, source, _, _ = generate(load.theirs, "db", *names)
        (folder / "db.h").write_text(header)
        (folder / "db.c").write_text(source)
        messages = [one for one in load.theirs.messages if 0 < one.length <= FD_BYTES and one.signals]
        (folder / "loop.c").write_text(_loop(messages))
        library = folder / "db.so"
        subprocess.run(["cc", *FLAGS, "-o", library, "db.c", "loop.c"], cwd=folder, check=True)
        self._run = ctypes.CDLL(str(library)).run
        self._run.restype = ctypes.c_size_t
        number = {message.frame_id: place for place, message in enumerate(messages)}
        self._message = np.array([number[frame.id] for frame in load.frames], np.int32)
        self._payload = np.zeros((len(load.frames), FD_BYTES), np.uint8)
        for row, frame in enumerate(load.frames):
            self._payload[row, : len(frame.payload)] = np.frombuffer(frame.payload, np.uint8)
        self._length = np.array([len(frame.payload) for frame in load.frames], np.uint8)
        self._values = np.zeros(len(load.frames) * _VALUES_MAX)

    def decode(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The values of all frames."""
        arrays = (self._message, self._payload, self._length, self._values)
        pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in arrays]
        return self._values[: self._run(ctypes.c_size_t(len(self._message)), *pointers)]


def is_there() -> bool:
    """Whether there is a C compiler."""
    return shutil.which("cc") is not None


def _loop(messages: Sequence[Message]) -> str:
    cases = "\n".join(line for number, one in enumerate(messages) for line in _case(number, one))
    return f"""
#include <string.h>
#include "db.h"
size_t run(size_t count, const int *message, const uint8_t *payload, const uint8_t *length, double *value) {{
    double *first = value;
    for (size_t i = 0; i < count; i++, payload += {FD_BYTES}) {{
        switch (message[i]) {{
{cases}
        }}
    }}
    return value - first;
}}
"""


def _case(number: int, message: Message) -> Iterator[str]:
    name = f"db_{camel_to_snake_case(message.name)}"
    yield f"        case {number}: {{ struct {name}_t s; memset(&s, 0, sizeof s);"
    yield f"            {name}_unpack(&s, payload, length[i]);"
    yield from _signals(message, name, message.signal_tree)
    yield "            break; }"


def _signals(message: Message, name: str, tree: Any) -> Iterator[str]:  # as cantools has it
    for node in tree:
        signal = node if isinstance(node, str) else next(iter(node))
        snake = camel_to_snake_case(signal)
        yield f"            *value++ = {name}_{snake}_decode(s.{snake});"
        if isinstance(node, dict):
            yield f"            switch (s.{snake}) {{"
            for selector, inner in node[signal].items():
                yield f"            case {selector}:"
                yield from _signals(message, name, inner)
                yield "            break;"
            yield "            }"
