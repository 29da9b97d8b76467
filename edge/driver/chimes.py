"""Chimes: the tones before a sentence, made by us, and put before it in one WAV file."""

import io
import math
import sys
import wave
from array import array
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

CHIMES_MAX: Final = 3
TONE_S: Final = 0.22
PAUSE_S: Final = 0.08
ATTACK_S: Final = 0.006
"""A tone that begins at once clicks."""
LOUD: Final = 0.5
"""Of full scale; the voice peaks at about as much."""
TONES_HZ: Final = ((880.0, 1.0), (1760.0, 0.35), (2640.0, 0.12))
"""A note and its partials with their shares: heard through the noise of a cab, which is loudest below 500 Hz."""
RATE_MIN: Final = 4_000
RATE_MAX: Final = 192_000
_FULL: Final = 32_767


@dataclass(frozen=True, slots=True)
class Sound:
    """Mono samples of 16 bits."""

    rate: int
    """Samples a second."""
    samples: "array[int]"

    @property
    def seconds(self) -> float:
        """How long it sounds."""
        return len(self.samples) / self.rate


def chimes(number: int, rate: int) -> "array[int]":
    """So many tones (at most 3), each followed by a pause."""
    return array("h", _one(rate) * max(0, min(number, CHIMES_MAX)))


@lru_cache(4)
def _one(rate: int) -> "array[int]":
    count = round(TONE_S * rate)
    pause = array("h", bytes(2 * round(PAUSE_S * rate)))
    return array("h", (_at(index / rate, count / rate) for index in range(count))) + pause


def _at(time_s: float, end_s: float) -> int:
    """One sample of a tone that rises fast and dies away, as that of a struck bar."""
    share = min(time_s / ATTACK_S, 1.0) * math.exp(-4.0 * time_s / end_s) * min((end_s - time_s) / ATTACK_S, 1.0)
    tone = sum(part * math.sin(2.0 * math.pi * hz * time_s) for hz, part in TONES_HZ)
    return round(LOUD * _FULL * share * tone / sum(part for _, part in TONES_HZ))


def read_wav(wav: bytes) -> Sound:
    """The sound of a WAV file, whose head may promise more than there is, as that of a pipe does.

    Raises:
        ValueError: it is none, or not mono with 16 bits.
    """
    try:
        with wave.open(io.BytesIO(wav)) as file:
            if (file.getnchannels(), file.getsampwidth()) != (1, 2):
                raise ValueError("not mono with 16 bits")
            frames = file.readframes(len(wav) // 2)
            rate = file.getframerate()
    except (wave.Error, EOFError) as error:
        raise ValueError(f"no WAV file: {str(error) or 'it ends in its head'}") from error
    if not RATE_MIN <= rate <= RATE_MAX:
        raise ValueError(f"{rate} samples a second")
    samples = array("h", frames[: len(frames) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return Sound(rate, samples)


def write_wav(sound: Sound) -> bytes:
    """A whole WAV file."""
    samples = array("h", sound.samples)
    if sys.byteorder == "big":
        samples.byteswap()
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sound.rate)
        file.writeframes(samples.tobytes())
    return out.getvalue()
