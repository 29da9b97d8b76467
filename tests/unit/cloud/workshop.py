"""Centres and jobs as a test wants them, and small random ones whose best plan can be found by trying everything."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any, Final

from cloud.scheduling.cells import taken_by
from cloud.scheduling.model import Bay, Centre, Hours, Job, Life, Place, Preferences, Slot, Technician, Work
from edge.wire.messages import Action
from edge.wire.topics import Address

MONDAY: Final = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
"""7 o'clock in Berlin."""
BERLIN: Final = Place(52.52, 13.405)
POTSDAM: Final = Place(52.39, 13.06)
SKILLS: Final = frozenset({"cooling"})


def week(opens: str = "08:00", closes: str = "17:00", days: range = range(5)) -> tuple[Hours, ...]:
    return tuple(Hours(day, time.fromisoformat(opens), time.fromisoformat(closes)) for day in days)


def centre(name: str = "mitte", /, **changes: Any) -> Centre:
    fields: dict[str, Any] = {
        "id": name,
        "name": f"Workshop {name}",
        "email": f"{name}@example.org",
        "place": BERLIN,
        "zone": "Europe/Berlin",
        "hours": week(),
        "closed_on": frozenset(),
        "bays": (Bay("1", frozenset({"lift"})),),
        "technicians": (Technician("anna", SKILLS, week()),),
        "lead_time_h": {"water_pump": 0.0},
    }
    return Centre(**{**fields, **changes})


def job(vehicle: str = "van-7", /, **changes: Any) -> Job:
    fields: dict[str, Any] = {
        "address": Address("north", vehicle),
        "component": "cooling",
        "work": Work(90, SKILLS, frozenset({"lift"}), frozenset({"water_pump"}), 200.0),
        "action": Action.FINISH_SHIFT,
        "ready_at": MONDAY,
        "place": BERLIN,
    }
    return Job(**{**fields, **changes})


def hours_after(hours: float) -> datetime:
    """So many hours after Monday morning."""
    return MONDAY + timedelta(hours=hours)


def taken(*slots: tuple[Slot, Address]) -> Mapping[str, frozenset[int]]:
    """What these bookings take."""
    found: dict[str, set[int]] = {}
    for slot, address in slots:
        for resource, cell in taken_by(slot, address):
            found.setdefault(resource, set()).add(cell)
    return {resource: frozenset(cells) for resource, cells in found.items()}


def random_centre(random: Random, number: int) -> Centre:
    """Open for an hour or two on two days, with few bays and technicians who cannot all do everything."""
    opens = random.randrange(8, 16)
    hours = week(f"{opens:02}:00", f"{opens + random.randint(1, 2):02}:{random.choice((0, 30)):02}", range(2))
    shifts = (hours, week("06:00", "23:00", range(3)), week("10:00", "14:00", range(1, 2)))
    names = ("cooling", "brakes")
    return centre(
        f"c{number}",
        place=Place(52 + random.random(), 13 + random.random()),
        zone=random.choice(("Europe/Berlin", "America/New_York", "Asia/Kathmandu")),
        hours=hours,
        closed_on=frozenset({MONDAY.date()} if random.random() < 0.2 else ()),
        bays=tuple(
            Bay(str(n), frozenset(random.sample(("lift", "pit"), random.randint(1, 2))))
            for n in range(random.randint(1, 2))
        ),
        technicians=tuple(
            Technician(f"t{n}", frozenset(random.sample(names, random.randint(1, 2))), random.choice(shifts))
            for n in range(random.randint(1, 2))
        ),
        lead_time_h={"water_pump": random.choice((0.0, 5.0, 28.0))} if random.random() < 0.9 else {},
    )


def random_job(random: Random, number: int) -> Job:
    """An hour or so, wanted soon; two of them may be for one vehicle."""
    fails_from = hours_after(random.uniform(-20, 300))
    return job(
        f"van-{random.randint(1, 2 + number)}",
        work=Work(
            random.choice((20, 30, 45, 60, 75)),
            frozenset(random.sample(("cooling", "brakes"), random.randint(0, 1))),
            frozenset(random.sample(("lift", "pit"), random.randint(0, 1))),
            frozenset({"water_pump"} if random.random() < 0.5 else ()),
            random.uniform(0, 900),
        ),
        action=random.choice(list(Action)),
        ready_at=hours_after(random.uniform(-5, 20)),
        latest_at=hours_after(random.uniform(20, 60)),
        life=Life(fails_from, fails_from + timedelta(hours=random.uniform(1, 900))) if random.random() < 0.5 else None,
        place=None if random.random() < 0.2 else Place(52 + random.random(), 13 + random.random()),
        preferences=Preferences(
            weekdays=frozenset(random.sample(range(7), random.randint(0, 3))),
            after=random.choice((None, time(9), time(14))),
            before=random.choice((None, time(12), time(18))),
            centre=random.choice((None, "c0", "c1")),
            distance_max_km=random.choice((None, None, 60.0)),
        ),
    )
