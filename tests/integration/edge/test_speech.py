"""Speech with the real espeak-ng; what it says goes to a program that notes when it played, and what."""

import shutil
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from edge.driver.chimes import TONE_S, Sound, chimes, read_wav
from edge.driver.notice import CabState, Notice
from edge.driver.settings import SpeechSettings
from edge.driver.speech import Speech
from edge.driver.turns import WAITING_MAX
from edge.driver.voice import plain, wav
from tests.notices import notice
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="no espeak-ng (.ci/cab)")

WARNINGS = {
    "en": "Stop now: the coolant is far too hot.",
    "de": "Sofort anhalten: Die Kühlflüssigkeit ist viel zu heiß.",
    "es": "Deténgase ahora: el refrigerante está demasiado caliente.",
    "hi": "अभी रुकें: कूलेंट बहुत गर्म है।",
}

PLAYER = """
import io, os, sys, time, wave
wav = sys.stdin.buffer.read()
seconds = wave.open(io.BytesIO(wav)).getnframes() / 22050
folder, slow = sys.argv[1], float(sys.argv[2])
def note(what):
    with open(os.path.join(folder, "notes"), "a") as notes:
        notes.write(f"{what} {time.monotonic_ns()} {os.getpid()} {seconds}\\n")
note("begin")
with open(os.path.join(folder, f"{os.getpid()}.wav"), "wb") as file:
    file.write(wav)
while slow < 0 and not os.path.exists(os.path.join(folder, "go")):
    time.sleep(0.005)
time.sleep(max(seconds * slow, 0.0))
note("end")
"""
"""Plays nothing, for so many times the length of the sound; below 0: until there is a file `go`."""


@dataclass(frozen=True, slots=True)
class Played:
    """One sound: from when to when (ns); no end: it was cut off."""

    pid: int
    seconds: float
    begin: int
    end: int | None


class Loudspeaker:
    """A player, and what it noted."""

    def __init__(self, folder: Path, slow: float) -> None:
        self.folder = folder
        (folder / "player.py").write_text(PLAYER)
        (folder / "notes").touch()
        command = [sys.executable, "-I", "-S", str(folder / "player.py"), str(folder), str(slow)]
        self.settings = SpeechSettings(enabled=True, player=command)

    def played(self) -> list[Played]:
        """In the order in which they began."""
        notes = [line.split() for line in (self.folder / "notes").read_text().splitlines() if line.count(" ") == 3]
        ends = {pid: int(at) for what, at, pid, _ in notes if what == "end"}
        return [Played(int(pid), float(s), int(at), ends.get(pid)) for what, at, pid, s in notes if what == "begin"]

    def sound(self, pid: int) -> Sound:
        return read_wav((self.folder / f"{pid}.wav").read_bytes())


@pytest.fixture
def loudspeaker(tmp_path: Path) -> Loudspeaker:
    return Loudspeaker(tmp_path, 0.1)


@pytest.fixture
def slow(tmp_path: Path) -> Loudspeaker:
    """One that plays a sentence for half a minute."""
    return Loudspeaker(tmp_path, 10.0)


@pytest.fixture
def speech(loudspeaker: Loudspeaker) -> Iterator[Speech]:
    speech = Speech(loudspeaker.settings)
    yield speech
    speech.close()


def loudness(sound: Sound) -> float:
    """Root of the mean square, of full scale."""
    return float((sum(sample * sample for sample in sound.samples) / len(sound.samples)) ** 0.5 / 32_767)


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize("language", WARNINGS)
def test_a_warning_has_a_sound_file_in_each_language_that_begins_with_its_chimes(language: str) -> None:
    sound = read_wav(wav(WARNINGS[language], language, number=3))
    three = chimes(3, sound.rate)
    assert sound.samples[: len(three)] == three
    said = Sound(sound.rate, sound.samples[len(three) :])
    assert said.seconds > 1.0
    assert loudness(said) > 0.03


def test_each_language_sounds_different() -> None:
    assert len({wav(text, language) for language, text in WARNINGS.items()}) == len(WARNINGS)
    assert len({wav("100 km/h", language) for language in WARNINGS}) == len(WARNINGS)


@pytest.mark.parametrize(
    "text", ["--help", "-v de hello", "-f /etc/passwd", "<emphasis>oil</emphasis>", "[[oil]]", "`reboot`; $(reboot)"]
)
def test_whatever_a_text_looks_like_it_is_spoken(text: str) -> None:
    spoken = read_wav(wav(text, "en"))
    assert loudness(spoken) > 0.03
    assert spoken.seconds > read_wav(wav("oil", "en")).seconds


def test_a_text_is_one_line_without_anything_unheard_and_has_an_end() -> None:
    assert plain("Stop\x00 now:\n\toil\x1b[31m ") == "Stop now: oil [31m"
    assert len(plain("a" * 100_000)) == 400
    assert plain("") == ""


def test_a_sentence_is_played_once_with_its_chimes(speech: Speech, loudspeaker: Loudspeaker) -> None:
    speech.say(notice("a", "critical", "Stop."))
    wait_until(lambda: speech.counters["said"] == 1, "it is said")
    (played,) = loudspeaker.played()
    assert loudspeaker.sound(played.pid).samples[: len(chimes(3, 22_050))] == chimes(3, 22_050)
    assert speech.trouble == ""


def test_ten_at_once_are_said_one_after_the_other_the_gravest_first(speech: Speech, loudspeaker: Loudspeaker) -> None:
    speech.say(notice("first", text="First."))
    wait_until(lambda: len(loudspeaker.played()) == 1 or speech.waiting == 0, "the first is being said")
    for index in range(9):
        speech.say(notice(f"w{index}", text=f"Number {index}."))
    speech.say(notice("late", "info", "For your information."))
    wait_until(lambda: speech.counters["said"] + speech.counters["dropped_full"] == 11, "all is said or dropped")
    assert 1 + WAITING_MAX <= speech.counters["said"] <= 2 + WAITING_MAX
    played = loudspeaker.played()
    for before, after in pairwise(played):
        assert before.end is not None
        assert before.end <= after.begin


def test_what_interrupts_is_heard_at_once_and_what_it_ended_is_said_again(slow: Loudspeaker) -> None:
    speech = Speech(slow.settings)
    speech.say(notice("w", "warning", "Tyre pressure is low at the rear left."))
    wait_until(lambda: len(slow.played()) == 1, "the warning is being said")
    at_ns = time.monotonic_ns()
    speech.say(notice("c", "critical", "Stop."))
    wait_until(lambda: len(slow.played()) == 2, "the critical one is being said")
    warning, critical = slow.played()
    assert warning.end is None
    assert critical.begin - at_ns < 5e9
    assert critical.begin > at_ns
    wait_until(lambda: is_gone(warning.pid), "the player of the warning is gone")
    assert (speech.counters["cut"], speech.waiting) == (1, 1)
    speech.close()
    wait_until(lambda: is_gone(critical.pid), "silence at the end")


def test_what_is_no_graver_waits_for_the_end_of_the_sentence(slow: Loudspeaker) -> None:
    speech = Speech(slow.settings)
    speech.say(notice("c1", "critical", "Stop."))
    wait_until(lambda: len(slow.played()) == 1, "the first is being said")
    for alert, severity in (("c2", "critical"), ("w", "warning"), ("i", "info")):
        speech.say(notice(alert, severity))
    assert (speech.counters["cut"], speech.waiting) == (0, 3)
    speech.close()


def test_what_waited_too_long_is_not_said(tmp_path: Path) -> None:
    gated = Loudspeaker(tmp_path, -1.0)
    moment = [0.0]
    speech = Speech(gated.settings, now=lambda: moment[0])
    speech.say(notice("first", "info", "First."))
    wait_until(lambda: len(gated.played()) == 1, "the first is being said")
    speech.say(notice("old", "warning"))
    moment[0] = 31.0
    speech.say(notice("new", "warning"))
    (tmp_path / "go").touch()
    wait_until(lambda: speech.counters["said"] == 2, "the first and the new one are said")
    assert speech.counters["dropped_stale"] == 1
    speech.close()


def test_a_player_that_hangs_is_ended_and_said(tmp_path: Path) -> None:
    hangs = Loudspeaker(tmp_path, 1e6)
    speech = Speech(hangs.settings, grace_s=0.5)
    speech.say(notice("a", text="Oil."))
    wait_until(lambda: speech.counters["failed"] == 1, "it was ended")
    assert "was not done within" in speech.trouble
    wait_until(lambda: is_gone(hangs.played()[0].pid), "it is gone")
    speech.close()


def test_an_espeak_ng_that_hangs_is_ended_and_said(tmp_path: Path, loudspeaker: Loudspeaker) -> None:
    hangs = tmp_path / "hangs"
    hangs.write_text("#!/bin/sh\nexec sleep 600\n")
    hangs.chmod(0o755)
    speech = Speech(loudspeaker.settings, program=str(hangs), grace_s=0.2)
    speech.say(notice("a", text="Oil."))
    wait_until(lambda: speech.counters["failed"] == 1, "it was ended")
    assert f"{hangs} was not done within" in speech.trouble
    speech.close()


def test_a_critical_sentence_does_not_wait_for_the_sound_of_another_to_be_made(
    tmp_path: Path, loudspeaker: Loudspeaker
) -> None:
    slow = tmp_path / "slow"
    slow.write_text('#!/bin/sh\ntext=$(cat)\ncase $text in Slow*) sleep 600;; esac\necho "$text" | espeak-ng "$@"\n')
    slow.chmod(0o755)
    speech = Speech(loudspeaker.settings, program=str(slow), grace_s=60.0)
    speech.say(notice("w", "warning", "Slowly made."))
    wait_until(lambda: speech.waiting == 0, "it is being made")
    speech.say(notice("c", "critical", "Stop."))
    wait_until(lambda: speech.counters["said"] == 1, "the critical one is said")
    assert speech.counters["cut"] == 1
    speech.close()


def test_what_a_player_started_ends_with_it(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    speech = Speech(SpeechSettings(enabled=True, player=["sh", "-c", 'sleep 600 & echo $! >"$0"; wait', str(pid)]))
    speech.say(notice("a", text="Oil."))
    wait_until(lambda: pid.exists() and pid.read_text().endswith("\n"), "the player has started something")
    speech.close()
    wait_until(lambda: is_gone(int(pid.read_text())), "it is gone")


def test_a_loudspeaker_that_comes_late_says_what_is_still_news(tmp_path: Path) -> None:
    player = tmp_path / "player"
    speech = Speech(SpeechSettings(enabled=True, player=[str(player)]), again_s=0.05)
    assert "is not installed" in speech.trouble
    speech.say(notice("a", text="Oil."))
    wait_until(lambda: speech.counters["failed"] >= 2, "it was tried twice")
    assert "cannot be started" in speech.trouble
    fresh = tmp_path / "fresh"
    fresh.write_text("#!/bin/sh\ncat >/dev/null\n")
    fresh.chmod(0o755)
    fresh.rename(player)
    wait_until(lambda: speech.counters["said"] == 1, "it is said")
    assert speech.trouble == ""
    speech.close()


def test_without_espeak_ng_the_remedy_is_told_and_what_is_no_news_any_more_is_dropped(loudspeaker: Loudspeaker) -> None:
    moment = [0.0]
    speech = Speech(loudspeaker.settings, program="no-such-espeak", again_s=0.05, now=lambda: moment[0])
    assert "apt-get install espeak-ng" in speech.trouble
    speech.say(notice("a", "critical"))
    wait_until(lambda: speech.counters["failed"] >= 1, "it was tried")
    moment[0] = 31.0
    wait_until(lambda: speech.counters["dropped_unsaid"] == 1, "it was given up")
    assert (loudspeaker.played(), speech.waiting) == ([], 0)
    speech.close()


def test_a_language_without_a_voice_is_spoken_in_english_and_said(speech: Speech, loudspeaker: Loudspeaker) -> None:
    speech.show(CabState(language="xx"))
    speech.say(notice("a", "info", "Oil is low."))
    wait_until(lambda: speech.counters["said"] == 1, "it is said")
    assert "no voice 'xx'" in speech.trouble
    (played,) = loudspeaker.played()
    assert loudspeaker.sound(played.pid) == read_wav(wav("Oil is low.", "en"))
    speech.show(CabState(language="de"))
    speech.say(notice("b", "info", "Wenig Öl."))
    wait_until(lambda: speech.counters["said"] == 2, "it is said in German")
    assert speech.trouble == ""


def test_an_espeak_ng_that_writes_no_sound_is_trouble(tmp_path: Path, loudspeaker: Loudspeaker) -> None:
    odd = tmp_path / "odd"
    odd.write_text("#!/bin/sh\nyes | head -c 100000\nyes >&2 & sleep 0.1; kill $!\n")
    odd.chmod(0o755)
    speech = Speech(loudspeaker.settings, program=str(odd))
    speech.say(notice("a"))
    wait_until(lambda: speech.counters["failed"] == 1, "it failed")
    assert "no sound" in speech.trouble
    speech.close()


def test_while_nothing_is_said_nothing_wakes_up(speech: Speech) -> None:
    speech.say(notice("a", "info", "Oil."))
    wait_until(lambda: speech.counters["said"] == 1, "it is said")
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "cab speech"]
    status = Path(f"/proc/self/task/{thread.native_id}/status")

    def woken() -> int:
        lines = dict(line.split(":\t") for line in status.read_text().splitlines() if "ctxt_switches" in line)
        return sum(map(int, lines.values()))

    wait_until(lambda: status.read_text().split("State:\t")[1][0] == "S", "it sleeps")
    before, until_s = woken(), time.monotonic() + 2.0
    wait_until(lambda: time.monotonic() > until_s, "two seconds pass")
    assert woken() - before <= 2


def test_a_chime_is_a_fifth_of_a_second() -> None:
    assert 0.15 < TONE_S < 0.3
    assert len(read_wav(wav("", "en", number=1)).samples) >= len(chimes(1, 22_050))


def test_after_the_end_nothing_is_said(loudspeaker: Loudspeaker) -> None:
    speech = Speech(loudspeaker.settings)
    speech.close()
    speech.close()
    speech.say(Notice("a", "critical", "stop_now", "Stop.", 3, True))
    assert speech.waiting == 0
    assert not any(thread.name == "cab speech" for thread in threading.enumerate())
