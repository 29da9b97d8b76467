"""Tones that we make, and WAV files in and out."""

import io
import math
import wave
from array import array
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.driver.chimes import PAUSE_S, TONE_S, Sound, chimes, read_wav, write_wav

RATE = 22_050


def loudness(samples: "array[int]") -> float:
    """Root of the mean square, of full scale."""
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples)) / 32_767


@pytest.mark.parametrize("number", [1, 3])
def test_so_many_chimes_are_so_many_tones_with_a_pause_after_each(number: int) -> None:
    samples = chimes(number, RATE)
    assert len(samples) == number * (round(TONE_S * RATE) + round(PAUSE_S * RATE))
    each = len(samples) // number
    for index in range(number):
        tone = samples[index * each : index * each + round(TONE_S * RATE)]
        pause = samples[index * each + round(TONE_S * RATE) : (index + 1) * each]
        assert loudness(tone) > 0.05
        assert not any(pause)


def test_a_tone_neither_clicks_nor_clips() -> None:
    tone = chimes(1, RATE)
    assert tone[0] == 0
    assert max(map(abs, tone)) < 32_767 * 0.8
    assert max(abs(after - before) for before, after in pairwise(tone)) < 8_000


def test_no_chimes_are_nothing_and_a_hundred_are_three() -> None:
    assert len(chimes(0, RATE)) == len(chimes(-1, RATE)) == 0
    assert len(chimes(100, RATE)) == len(chimes(3, RATE))


@given(st.integers(8_000, 48_000), st.lists(st.integers(-32_768, 32_767), max_size=50))
def test_what_is_written_is_read_again(rate: int, samples: list[int]) -> None:
    sound = Sound(rate, array("h", samples))
    assert read_wav(write_wav(sound)) == sound


def test_a_head_that_promises_more_than_there_is_gives_what_there_is() -> None:
    wav = bytearray(write_wav(Sound(RATE, array("h", range(100)))))
    wav[40:44] = (0x7FFFF000).to_bytes(4, "little")  # as espeak-ng writes into a pipe
    assert list(read_wav(bytes(wav)).samples) == list(range(100))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_sound_or_refused(some: bytes) -> None:
    whole = write_wav(Sound(RATE, array("h", range(20))))
    refused = 0
    for wav in (some, whole[: len(some)], some[:20] + whole[len(some[:20]) :]):
        try:
            read_wav(wav)
        except ValueError:
            refused += 1
    assert refused <= 3


def test_a_sound_of_no_samples_a_second_is_refused() -> None:
    wav = bytearray(write_wav(Sound(RATE, array("h", range(100)))))
    wav[24:28] = bytes(4)
    with pytest.raises(ValueError, match="0 samples a second"):
        read_wav(bytes(wav))


def test_two_channels_are_refused() -> None:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes(bytes(40))
    with pytest.raises(ValueError, match="mono"):
        read_wav(out.getvalue())
