"""samples/1: decoded samples in a block, to the last bit (README.md, "Blocks").

Signals that are always sampled together share their times, which are told once.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.wire.columns import Int64s, Ints, Reader, bad, deflate, inflate, number_width, planes, spans, within
from edge.wire.steps import read_steps, steps
from edge.wire.values import Float64s, read_values, value_columns

FORMAT: Final = "samples/1"
SAMPLES_MAX: Final = 1 << 20
"""Of a block."""
SIGNALS_MAX: Final = 1 << 16
WORDS_MAX: Final = 1 << 16
"""That the values of a block may point at."""
TEXT_BYTES_MAX: Final = 1000
"""Of a path, a unit or a word."""
INFLATED_MAX: Final = 1 << 26
"""Bytes of all columns."""

_HEAD: Final = struct.Struct("<III")
_AXES: Final = struct.Struct("<II")

Int32s = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Sampled:
    """A signal of a block."""

    path: str
    """VSS path, or `dbc.<Message>.<Signal>`."""
    unit: str = ""
    words: tuple[str, ...] = ()
    """What a signal that speaks in words may say: its values are places in this list. Empty: its values are numbers."""


@dataclass(frozen=True, slots=True)
class Samples:
    """M samples in the order of their time, and at equal times in that of their signals."""

    time: Int64s
    """(M,) ns."""
    signal: Int32s
    """(M,) index into `signals`."""
    value: Float64s
    """(M,) in the unit of the signal; NaN is unknown."""
    signals: tuple[Sampled, ...]

    def __len__(self) -> int:
        return len(self.time)


def encode_samples(samples: Samples) -> bytes:
    """The block of samples, in whatever order they are.

    Equal samples give equal columns everywhere, and equal bytes with the same zlib.

    Raises:
        ValueError: the arrays contradict each other, a value is infinite, or there is more than fits.
    """
    _check(samples)
    order = np.lexsort((samples.time, samples.signal))
    time, value = samples.time[order], samples.value[order]
    sizes = np.bincount(samples.signal, minlength=len(samples.signals)).astype(np.intp)
    axes, axis_of = _axes(time, sizes)
    axis = np.repeat(np.arange(len(axes)), [len(one) for one in axes])
    moments = np.concatenate(axes) if axes else np.empty(0, np.int64)
    by_time = np.argsort(moments, kind="stable")
    is_known = ~np.isnan(value)
    has_unknown = np.zeros(len(sizes), bool)
    series = np.repeat(np.arange(len(sizes)), sizes)
    has_unknown[series[~is_known]] = True
    known = np.bincount(series[is_known], minlength=len(sizes))
    marks = has_unknown.astype(np.uint8).tobytes() + is_known[has_unknown[series]].astype(np.uint8).tobytes()
    axis_width = number_width(len(axes))
    sections = [
        _names(samples.signals),
        _AXES.pack(len(axes), len(moments)) + planes(axis_of.astype(np.uint64), axis_width),
        planes(axis[by_time].astype(np.uint64), axis_width),
        *steps(moments[by_time]),
        marks,
        *value_columns(value[is_known], known[known > 0]),
    ]
    return _HEAD.pack(len(samples), len(samples.signals), sum(map(len, sections))) + deflate(sections)


def decode_samples(block: bytes) -> Samples:
    """The samples of a block.

    Raises:
        WireError: `bad_body`, it is no such block; nothing else, whatever the bytes are.
    """
    if len(block) < _HEAD.size:
        raise bad(f"a block of samples has at least {_HEAD.size} bytes, not {len(block)}")
    count, kinds, size = _HEAD.unpack_from(block)
    if count > SAMPLES_MAX or kinds > SIGNALS_MAX or size > INFLATED_MAX:
        told = f"{count} samples of {kinds} signals in {size} bytes"
        raise bad(f"{told}; at most {SAMPLES_MAX} of {SIGNALS_MAX} in {INFLATED_MAX} are taken")
    reader = Reader(inflate(block[_HEAD.size :], size))
    signals = _read_names(reader, kinds)
    axes, moments = _AXES.unpack(reader.take(_AXES.size))
    if axes > kinds or moments > count:
        raise bad(f"{moments} moments on {axes} axes are more than {count} samples of {kinds} signals have")
    axis_of, axis = _read_axes(reader, axes, kinds, moments)
    time = read_steps(reader, moments)
    if (time[1:] < time[:-1]).any():
        raise bad("its times go backwards")
    per_axis = np.bincount(axis, minlength=axes)
    sizes = per_axis[axis_of]
    if int(sizes.sum()) != count:
        raise bad(f"its axes have {int(sizes.sum())} samples, not {count}")
    by_axis = np.argsort(axis, kind="stable")
    heard = time[by_axis[within(spans(per_axis)[axis_of], sizes)]]
    series = np.repeat(np.arange(kinds), sizes)
    is_known = _read_marks(reader, series, kinds)
    value = np.full(count, np.nan)
    known = np.bincount(series[is_known], minlength=kinds)
    value[is_known] = read_values(reader, known[known > 0])
    reader.end()
    if (wrong := _beyond_words(value, series, signals)) is not None:
        raise bad(f"a value of {signals[wrong].path} is none of its words")
    order = np.argsort(heard, kind="stable")
    return Samples(heard[order], series[order].astype(np.int32), value[order], signals)


def _check(samples: Samples) -> None:
    """Raises ValueError unless the arrays are those of samples."""
    count = len(samples.time)
    if count > SAMPLES_MAX or len(samples.signals) > SIGNALS_MAX:
        told = f"{count} samples of {len(samples.signals)} signals"
        raise ValueError(f"{told}; at most {SAMPLES_MAX} of {SIGNALS_MAX} fit in a block")
    for name, type_ in (("time", np.int64), ("signal", np.int32), ("value", np.float64)):
        column: npt.NDArray[np.generic] = getattr(samples, name)
        if column.shape != (count,) or column.dtype != type_:
            raise ValueError(f"{name} is {column.dtype} of {column.shape}, not {np.dtype(type_)} of ({count},)")
    if count and not 0 <= int(samples.signal.min()) <= int(samples.signal.max()) < len(samples.signals):
        raise ValueError(f"a sample is of none of the {len(samples.signals)} signals")
    if np.isinf(samples.value).any():
        raise ValueError("a value is infinite, which nothing that is measured is")
    if (wrong := _beyond_words(samples.value, samples.signal, samples.signals)) is not None:
        raise ValueError(f"a value of {samples.signals[wrong].path} is none of its words")


def _beyond_words(value: Float64s, signal: npt.NDArray[np.integer], signals: Sequence[Sampled]) -> int | None:
    """A signal that speaks in words of which a value is no place in them."""
    words = np.array([len(one.words) for one in signals], np.int64)[signal]
    is_place = (value >= 0) & (value < words) & (value == np.rint(value))
    wrong = signal[(words > 0) & ~np.isnan(value) & ~is_place]
    return int(wrong[0]) if len(wrong) else None


def _axes(time: Int64s, sizes: Ints) -> tuple[list[Int64s], Ints]:
    """Each different list of times that a signal has, in the order in which signals have them, and which each has."""
    axes: list[Int64s] = []
    known: dict[bytes, int] = {}
    axis_of = np.empty(len(sizes), np.intp)
    ends = np.cumsum(sizes)
    for number, (begin, end) in enumerate(zip((ends - sizes).tolist(), ends.tolist(), strict=True)):
        own = time[begin:end]
        axis_of[number] = known.setdefault(own.tobytes(), len(axes))
        if axis_of[number] == len(axes):
            axes.append(own)
    return axes, axis_of


def _read_axes(reader: Reader, axes: int, kinds: int, moments: int) -> tuple[Ints, Ints]:
    """The axis of each signal and of each moment."""
    width = number_width(axes)
    of_signal, of_moment = reader.planes(kinds, width), reader.planes(moments, width)
    if (of_signal >= axes).any() or (of_moment >= axes).any():
        raise bad(f"there are {axes} axes, and more are meant")
    return of_signal.astype(np.intp), of_moment.astype(np.intp)


def _read_marks(reader: Reader, series: Ints, kinds: int) -> npt.NDArray[np.bool_]:
    """Of each sample whether its value is known."""
    has_unknown = reader.column(kinds)
    is_known = np.ones(len(series), np.uint8)
    marked = has_unknown[series] != 0
    is_known[marked] = reader.column(int(np.count_nonzero(marked)))
    if (has_unknown > 1).any() or (is_known > 1).any():
        raise bad("a mark is neither 0 nor 1")
    return is_known.astype(bool)


def _names(signals: Sequence[Sampled]) -> bytes:
    """Raises ValueError for texts that no block can hold."""
    paths, units = [one.path.encode() for one in signals], [one.unit.encode() for one in signals]
    words = [word.encode() for one in signals for word in one.words]
    if max(map(len, [*paths, *units, *words]), default=0) > TEXT_BYTES_MAX or len(words) > WORDS_MAX:
        raise ValueError(f"a name has more than {TEXT_BYTES_MAX} bytes, or there are more than {WORDS_MAX} words")
    counts = [len(one.words) for one in signals]
    columns = [*map(_lengths, (paths, units)), planes(np.array(counts, np.uint64), 3), _lengths(words)]
    return b"".join([*columns, *paths, *units, *words])


def _lengths(texts: Sequence[bytes]) -> bytes:
    return planes(np.array([len(text) for text in texts], np.uint64), 2)


def _read_names(reader: Reader, kinds: int) -> tuple[Sampled, ...]:
    paths, units, counts = (reader.planes(kinds, width).tolist() for width in (2, 2, 3))
    if sum(counts) > WORDS_MAX:
        raise bad(f"{sum(counts)} words, at most {WORDS_MAX} are taken")
    words = reader.planes(sum(counts), 2).tolist()
    if max([*paths, *units, *words], default=0) > TEXT_BYTES_MAX:
        raise bad(f"a name has more than {TEXT_BYTES_MAX} bytes")
    texts = [[reader.text(size) for size in sizes] for sizes in (paths, units, words)]
    spoken = iter(texts[2])
    return tuple(
        Sampled(path, unit, tuple(next(spoken) for _ in range(count)))
        for path, unit, count in zip(texts[0], texts[1], counts, strict=True)
    )
