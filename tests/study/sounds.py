"""What a driver hears: `python -m tests.study.sounds [LANGUAGE=TEXT…] [--chimes N] [--out FOLDER]`, a table.

Each sentence becomes a WAV file (by default one warning in each language, in build/sounds), and the table says how long
it is, how loud the chimes and the voice are (of full scale), and how long it took to make.
"""

import argparse
import time
from array import array
from pathlib import Path
from typing import Final

from edge.driver.chimes import chimes, read_wav
from edge.driver.voice import wav

SENTENCES: Final = {
    "en": "Stop now: the coolant is far too hot.",
    "de": "Sofort anhalten: Die Kühlflüssigkeit ist viel zu heiß.",
    "es": "Deténgase ahora: el refrigerante está demasiado caliente.",
    "hi": "अभी रुकें: कूलेंट बहुत गर्म है।",
}


def loudness(samples: "array[int]") -> str:
    """Root of the mean square and peak, of full scale."""
    if not samples:
        return "-"
    mean = (sum(sample * sample for sample in samples) / len(samples)) ** 0.5
    return f"{mean / 32_767:.2f} ({max(map(abs, samples)) / 32_767:.2f})"


def row(language: str, text: str, number: int, out: Path) -> str:
    """Make the file of a sentence, and say what is in it."""
    began_s = time.monotonic()
    made = wav(text, language, number=number)
    took_ms = 1000 * (time.monotonic() - began_s)
    file = out / f"{language}.wav"
    file.write_bytes(made)
    sound = read_wav(made)
    before = len(chimes(number, sound.rate))
    loud = f"{loudness(sound.samples[:before])} | {loudness(sound.samples[before:])}"
    return f"| {language} | {sound.seconds:.1f} | {loud} | {took_ms:.0f} | {file} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sentences", nargs="*", metavar="LANGUAGE=TEXT")
    parser.add_argument("--chimes", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("build/sounds"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    given = dict(sentence.split("=", 1) for sentence in options.sentences)
    print("| language | s | chimes: mean (peak) | voice: mean (peak) | made in ms | file |\n|---|---|---|---|---|---|")
    for language, text in (given or SENTENCES).items():
        print(row(language, text, options.chimes, options.out))


if __name__ == "__main__":
    main()
