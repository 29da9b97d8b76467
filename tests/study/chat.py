"""How often the chat knows what is wanted, refuses what it should, and how long it takes: `python -m tests.study.chat`.

Utterances are asked of the offline chat against a filled database: a vehicle with months of history, others beside it,
bookings at five centres. There are two sets of them, both by the hand that wrote the training lines: a hundred that
were written before those, and 88 more (`--utterances tests/study/chat_fresh.toml`) before the refusals were changed.
Beside the model stand two simple rules: always the commonest intent, and a list of keywords.
"""

import argparse
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, thread_time
from typing import Final

from cloud.app import leave_what_is_loaded
from cloud.chat.answers import DONT_KNOW, NOT_THIS_ONE, ONLY_ENGLISH
from cloud.chat.model import Intent, Reply
from cloud.chat.numbers import unsaid
from cloud.chat.recent import FOR
from cloud.chat.understanding import Understanding
from cloud.scheduling.model import Bay, Centre, Place, Technician
from cloud.workflow.model import Answer
from cloud.workflow.people import OwnersAnswer
from edge.wire import messages
from edge.wire.messages import SignalSummary
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.asking import ADA, VAN, Talk, work
from tests.unit.cloud.services import Cloud, open_cloud
from tests.unit.cloud.vehicle import T0, Speaker
from tests.unit.cloud.workshop import MONDAY, SKILLS, centre, job, week

FILE: Final = Path(__file__).with_name("chat_utterances.toml")
QUARTERS: Final = 1000
DAYS: Final = 300
VEHICLES: Final = 30
CENTRES: Final = 5
_SIGNALS: Final = {
    "Vehicle.Speed": ("km/h", 52.0),
    "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature": ("Celsius", 96.0),
    "Vehicle.Powertrain.CombustionEngine.EngineOil.Temperature": ("Celsius", 101.0),
    "Vehicle.Powertrain.CombustionEngine.Speed": ("rpm", 2100.0),
    "Vehicle.LowVoltageBattery.CurrentVoltage": ("V", 14.1),
    "Vehicle.OBD.EngineLoad": ("percent", 37.0),
    "Vehicle.OBD.ShortTermFuelTrim1": ("percent", 1.5),
    "Vehicle.OBD.LongTermFuelTrim1": ("percent", 2.5),
    "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure": ("kPa", 240.0),
    "Vehicle.Chassis.Axle.Row1.Wheel.Right.Tire.Pressure": ("kPa", 241.0),
    "Vehicle.Chassis.Axle.Row2.Wheel.Left.Tire.Pressure": ("kPa", 239.0),
    "Vehicle.Chassis.Axle.Row2.Wheel.Right.Tire.Pressure": ("kPa", 240.0),
}
_KEYWORDS: Final[Sequence[tuple[Intent, Sequence[str]]]] = (
    (Intent.THANKS, ("thank", "thx", "bye")),
    (Intent.CANCEL, ("cancel", "delete")),
    (Intent.MOVE, ("move", "reschedule", "postpone", "change", "another")),
    (Intent.COST, ("cost", "price", "expensive", "euro", "pay")),
    (Intent.CHART, ("chart", "graph", "plot", "show")),
    (Intent.BOOK, ("book", "appointment", "reserve")),
    (Intent.SLOTS, ("slot", "when", "where", "free")),
    (Intent.WHY, ("why", "reason", "how do you know")),
    (Intent.MEANING, ("mean", "code", "light", "lamp", "what is")),
    (Intent.DRIVE, ("drive", "stop", "safe")),
    (Intent.DECLINE, ("don't repair", "no repair")),
    (Intent.APPROVE, ("repair", "fix")),
    (Intent.ABILITIES, ("help", "can you")),
    (Intent.STANDING, ("ok", "health", "fine", "problem", "wrong", "status")),
    (Intent.GREETING, ("hi", "hello", "hey", "good morning")),
)
"""The first that is found."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An utterance and what it wants."""

    text: str
    intent: Intent
    kind: str
    """Of those that are to be refused; "" for the others."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of it."""

    asked: Asked
    reply: Reply
    seconds: float
    core_seconds: float
    is_anew: bool
    """Nothing that was worked out for an earlier answer was held."""


def read(file: Path) -> list[Asked]:
    """The utterances of a file."""
    written = tomllib.loads(file.read_text("utf-8"))
    ours = [Asked(text, Intent(name), "") for name, texts in written["utterances"].items() for text in texts]
    others = [Asked(text, Intent.OTHER, one["kind"]) for one in written["others"] for text in one["texts"]]
    return ours + others


def by_keyword(text: str) -> Intent:
    """What the list of keywords says."""
    said = text.casefold()
    return next((intent for intent, words in _KEYWORDS if any(word in said for word in words)), Intent.OTHER)


@contextmanager
def filled() -> Iterator[Cloud]:
    """A cloud with a history: the van is too hot and its case is asked about."""
    with open_cloud(summaries_per_vehicle=44_640) as cloud:
        cloud.now = MONDAY
        for number in range(CENTRES):
            cloud.scheduling.put_centre(_centre(number), by="ada")
        tell(cloud, Speaker(), quarters=QUARTERS, days=DAYS)
        for number in range(100, 100 + VEHICLES):
            tell(cloud, Speaker(f"van-{number}"), quarters=20, days=0)
            _book(cloud, f"van-{number}")
        cloud.take(Speaker().say(says.trouble_code("P0217"), 1), Speaker().say(says.alert(1), 1))
        work(cloud)
        yield cloud


def tell(cloud: Cloud, van: Speaker, *, quarters: int, days: int) -> None:
    """Summaries: one in each quarter of an hour, and before those one in each day."""
    starts = [T0 - timedelta(minutes=15 * n) for n in range(quarters)]
    starts += [starts[-1] - timedelta(days=n) for n in range(1, days + 1)]
    bodies = [_minute(start) for start in starts]
    arrivals = [van.say(body, 1000 + seq) for seq, body in enumerate(bodies)]
    for first in range(0, len(arrivals), 100):
        cloud.take(*arrivals[first : first + 100])


def ask_all(talk: Talk, utterances: Sequence[Asked], *, is_anew: bool) -> list[Answered]:
    """Ask each, one after the other; anew: as if something had been heard before each."""
    answered = []
    for asked in utterances:
        if is_anew:
            talk.cloud.now += FOR
        held = None if talk.conversation is None else talk.conversation.id
        begun, core_begun = perf_counter(), thread_time()
        talk.conversation, turn = talk.cloud.chat.ask(ADA, VAN, asked.text, held)
        took = perf_counter() - begun, thread_time() - core_begun
        answered.append(Answered(asked, turn.reply, *took, is_anew))
    return answered


def ask_in_every_state(cloud: Cloud, utterances: Sequence[Asked]) -> list[Answered]:
    """Ask all while the owner is asked, while times are offered, and while one is booked."""
    talk = Talk(cloud)
    answered = []
    for state in ("asked", "offered", "booked"):
        if state == "offered":
            cloud.workflow.service.answer(1, OwnersAnswer(Answer.YES, "ada"))
        if state == "booked":
            last = len(cloud.workflow.service.case(1)[0].offers) - 1  # the first may be over by now
            cloud.workflow.service.choose(1, last, by="ada")
        work(cloud)
        found = cloud.workflow.service.case(1)[0].state
        if found != state:
            raise RuntimeError(f"the case is {found}, not {state}")
        for is_anew in (False, True):
            answered += ask_all(talk, utterances, is_anew=is_anew)
    return answered


def refused(reply: Reply) -> bool:
    """It said that it does not know, or does not speak of that, and nothing else."""
    return reply.text in {DONT_KNOW, NOT_THIS_ONE, ONLY_ENGLISH} and reply.pending is None and not reply.used


def report(utterances: Sequence[Asked], answered: Sequence[Answered], first_s: float) -> list[str]:
    """The figures, for people."""
    once = answered[: len(utterances)]
    understanding = Understanding()
    commonest = Counter(one.intent for one in utterances).most_common(1)[0][0]
    said: dict[str, list[Intent]] = {
        "the chat (rules and model)": [one.reply.intent for one in once],
        "the model alone": [understanding.wanted(one.text).intent for one in utterances],
        "keywords": [by_keyword(one.text) for one in utterances],
        f"always the commonest (`{commonest}`)": [commonest] * len(utterances),
    }
    lines = [f"| {len(utterances)} utterances | intent right |", "|---|---|"]
    for name, intents in said.items():
        right = sum(one.intent is _plain(intent) for one, intent in zip(utterances, intents, strict=True))
        lines.append(f"| {name} | {right / len(utterances):.0%} |")
    lines += ["", *_refusals(once), "", *_confusions(once), "", *_times(answered, first_s)]
    invented = sum(bool(unsaid(one.reply.text, one.reply.used)) for one in answered)
    lines.append(f"Answers with a number that no tool said: {invented} of {len(answered)}.")
    return lines


def _plain(intent: Intent) -> Intent:
    """What is not English is not ours either; the keywords do not tell the two apart."""
    return Intent.OTHER if intent is Intent.LANGUAGE else intent


def _refusals(once: Sequence[Answered]) -> list[str]:
    lines = ["| to be refused | refused | by keywords |", "|---|---|---|"]
    for kind in dict.fromkeys(one.asked.kind for one in once if one.asked.kind):
        of_kind = [one for one in once if one.asked.kind == kind]
        lines.append(_refused_of(kind, of_kind))
    ours = [one for one in once if not one.asked.kind]
    return [*lines, _refused_of("ours, and refused all the same", ours)]


def _refused_of(name: str, some: Sequence[Answered]) -> str:
    by_keywords = sum(by_keyword(one.asked.text) is Intent.OTHER for one in some)
    return f"| {name} | {sum(refused(one.reply) for one in some)} of {len(some)} | {by_keywords} |"


def _confusions(once: Sequence[Answered]) -> list[str]:
    wrong = [one for one in once if _plain(one.reply.intent) is not one.asked.intent]
    return [f"{one.asked.intent} taken for {one.reply.intent}: {one.asked.text}" for one in wrong]


def _times(answered: Sequence[Answered], first_s: float) -> list[str]:
    """Wall time beside the time that a core worked: on a machine with other things to do they part."""
    lines = [f"The very first question took {first_s:.1f} s, with the model to load. Of {len(answered)} answers:", ""]
    lines += ["| ms | p50 | p99 | slowest |", "|---|---|---|---|"]
    for name, is_anew in (("", False), (", health worked out anew for each", True)):
        some = [one for one in answered if one.is_anew is is_anew]
        for clock, times in (
            ("by the clock", [1000 * one.seconds for one in some]),
            ("of a core", [1000 * one.core_seconds for one in some]),
        ):
            p99 = quantiles(times, n=100, method="inclusive")[98]
            lines.append(f"| {clock}{name} | {median(times):.0f} | {p99:.0f} | {max(times):.0f} |")
    return [*lines, "", *_times_by_intent(answered)]


def _times_by_intent(answered: Sequence[Answered]) -> list[str]:
    lines = ["| ms of a core, by intent | answers | p50 | p99 |", "|---|---|---|---|"]
    for intent in dict.fromkeys(one.reply.intent for one in answered):
        times = [1000 * one.core_seconds for one in answered if one.reply.intent is intent]
        p99 = quantiles(times, n=100, method="inclusive")[98]
        lines.append(f"| `{intent}` | {len(times)} | {median(times):.0f} | {p99:.0f} |")
    return [*lines, ""]


def _minute(begun: datetime) -> messages.Summary:
    signals = {
        name: SignalSummary(unit=unit, min=value * 0.9, max=value * 1.1, mean=value, last=value, count=600)
        for name, (unit, value) in _SIGNALS.items()
    }
    return messages.Summary(started_at=begun, ended_at=begun + timedelta(minutes=1), signals=signals)


def _centre(number: int) -> Centre:
    bays = tuple(Bay(str(bay), frozenset({"lift"})) for bay in range(4))
    technicians = tuple(Technician(f"t{place}", SKILLS, week()) for place in range(3))
    place = Place(52.3 + 0.1 * number, 13.4)
    return centre(f"c{number}", place=place, bays=bays, technicians=technicians)


def _book(cloud: Cloud, vehicle: str) -> None:
    offer = cloud.scheduling.offers(job(vehicle))[0]
    held = cloud.appointments.hold(f"study {vehicle}", job(vehicle), offer.slot.centre, offer.slot.start_at, by="ada")
    cloud.appointments.confirm(held.id, by="ada")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=Path, default=FILE, help="others than the hundred")
    utterances = read(parser.parse_args().utterances)
    with filled() as cloud:
        begun = perf_counter()
        cloud.chat.ask(ADA, VAN, "hello")
        first_s = perf_counter() - begun
        leave_what_is_loaded()  # as the service does
        print("\n".join(report(utterances, ask_in_every_state(cloud, utterances), first_s)))


if __name__ == "__main__":
    main()
