"""The steps of a setup, one after the other; each says what it does, and what it found decides the next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Final

import numpy as np

from edge import assets
from edge.driver.settings import PinSettings, SpeechSettings
from edge.enrolment.identity import Identity
from edge.errors import ConfigError, EdgeError
from edge.install.box import Box
from edge.prepare import Prepared
from edge.setup import service, writing
from edge.setup.asking import masked
from edge.setup.connecting import connected, rated
from edge.setup.coverage import Coverage, Known, of_daemon, of_frames
from edge.setup.enrolling import become, code_of
from edge.setup.finding import Connection, find
from edge.setup.knowing import heard, known
from edge.setup.person import Person
from edge.setup.setting import Setting, Work
from edge.setup.sounding import sounded
from edge.setup.wishes import Wishes

OBD_RULES: Final = ("obd",)
"""For a vehicle of which only answers are understood."""
NETWORK_MODE: Final = 0o644
FACTS: Final = ("source", "bitrate", "profile", "ask", "vin", "units", "pids", "vehicle", "config")
"""What a program is told beside the coverage."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a setup."""

    coverage: Coverage
    facts: Mapping[str, Any]
    """What was found and chosen, for a program."""


def setup(
    wishes: Wishes,
    person: Person,
    *,
    found: Callable[[], list[Connection]] = find,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Done:
    """All steps.

    `found`: gives the ways to hear a vehicle.

    Raises:
        ConfigError: an answer is needed that nobody gave, or cannot be used.
        EdgeError: a step failed; what was done before stays, and setup may be repeated.
    """
    work = Work(wishes, person, Box(wishes.root), now())
    with service.aside(work.box, person.tell):
        setting = known(heard(rated(connected(work, found), work), work), work)
        speech, pins = sounded(work)
        identity = _enrolled(work)
        prepared, with_network = _written(setting, speech, pins, work)
        coverage = _started(setting, prepared, work, with_network=with_network)
    return Done(coverage, _facts(setting, identity, wishes))


def _enrolled(work: Work) -> Identity | None:
    work.step(6, "The cloud")
    wishes = work.wishes
    if wishes.cloud is None:
        work.tell("not enrolled now: telltale-edge enrol --cloud URL --code CODE")
        return None
    if wishes.code is None:
        raise ConfigError("needs a code", place="--cloud", remedy="telltale-cloud vehicle add prints one: --code CODE")
    identity = become(work.here(wishes.state), wishes.cloud, code_of(wishes.code, "--code"), ca=wishes.ca)
    work.tell(f"this box is {identity.fleet}/{identity.vehicle}; broker {identity.broker}")
    work.tell(f"its certificate is good until {identity.ends_at}, and renews itself")
    return identity


def _written(setting: Setting, speech: SpeechSettings, pins: PinSettings, work: Work) -> tuple[Prepared, bool]:
    """What the daemon will be, and whether the link has a file of its own."""
    work.step(7, "The configuration")
    choices = writing.Choices(
        source=setting.source,
        bitrate=setting.bitrate,
        profile=setting.profile,
        databases=setting.databases,
        rules=OBD_RULES if not setting.profile and setting.ask == "obd" else (),
        ask=setting.ask,
        state=work.wishes.state,
        speech=speech,
        pins=pins,
    )
    file = work.here(work.wishes.config)
    place = PurePosixPath(work.wishes.config.absolute().relative_to("/"))
    text = writing.config_text(choices, work.now)
    prepared = writing.checked(text, file)
    for note in prepared.notes:
        work.tell(f"note: {note}")
    shipped = (assets.unit_folder() / writing.SHIPPED_CONFIG).read_bytes()
    if work.box.read(place) not in {None, text.encode(), shipped}:
        work.tell(f"/{place} is there already; it is kept under another name")
        if not work.agrees("Write a new one?", unasked=True):
            raise EdgeError(f"/{place} was left as it was. --config FILE writes another")
    work.tell(writing.put(work.box, place, text, mode=writing.MODE, now=work.now, shipped=shipped))
    writing.belongs_to_folder(file)
    return prepared, _network(setting, work)


def _network(setting: Setting, work: Work) -> bool:
    """Write the link's file where it has a bit rate; whether there is one."""
    if setting.controller is None or setting.bitrate is None:
        return False
    shipped = (assets.unit_folder() / writing.SHIPPED_NETWORK).read_text("utf-8")
    link = writing.Link(setting.controller.name, setting.bitrate, setting.ask == "nothing", setting.is_heavy)
    place = PurePosixPath(writing.NETWORK.format(link.interface))
    work.tell(writing.put(work.box, place, writing.network_text(shipped, link), mode=NETWORK_MODE, now=work.now))
    return True


def _started(setting: Setting, prepared: Prepared, work: Work, *, with_network: bool) -> Coverage:
    work.step(8, "The daemon")
    why_not = service.why_not(work.box) if work.wishes.starts else "--no-start"
    status = None
    if why_not:
        work.tell(f"not started: {why_not}")
    else:
        for line in service.start(work.box, with_network=with_network):
            work.tell(line)
        work.tell(f"waiting for its verdict, {service.WITHIN_S:.0f} s at most")
        status = service.wait_for_verdict(work.wishes.status)
    work.step(9, "What this vehicle gives")
    given = Known(prepared.paths, prepared.rules, prepared.unusable, setting.blocked)
    if status is not None:
        return of_daemon(given, status)
    why = f"the daemon was not started ({why_not})" if why_not else "the daemon tells nothing; see its log"
    return of_frames(given, _paths(setting, prepared), why)


def _paths(setting: Setting, prepared: Prepared) -> set[str]:
    """Signals with a value in what setup has heard itself."""
    decoder = prepared.judgement.decoder
    found: set[str] = set()
    for batch in setting.heard.batches if setting.heard else ():
        samples = decoder.decode(batch)
        places = set(samples.signal[~np.isnan(samples.value)].tolist())
        found |= {decoder.signals[place].path for place in places}
    return found


def _facts(setting: Setting, identity: Identity | None, wishes: Wishes) -> dict[str, Any]:
    answered = setting.answered
    told = (
        setting.source,
        setting.bitrate,
        setting.profile or None,
        setting.ask,
        masked(answered.vin) if answered and answered.vin else None,
        list(answered.units) if answered else [],
        sorted(answered.values) if answered else [],
        f"{identity.fleet}/{identity.vehicle}" if identity else None,
        str(wishes.config),
    )
    return dict(zip(FACTS, told, strict=True))
