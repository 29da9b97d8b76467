"""A hundred people want one time, each on a connection of their own: one gets it, the others are told so."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import httpx
import sqlalchemy as sa

from cloud.database import Database
from cloud.errors import SlotTaken, UpstreamDown
from cloud.scheduling import store
from cloud.scheduling.appointments import AppointmentService
from cloud.scheduling.booking import hold
from cloud.scheduling.cells import taken_by
from cloud.scheduling.model import Bay, Slot, Technician
from cloud.security.audit import Audit
from tests.integration.cloud.service import TOKEN, serving
from tests.unit.cloud.services import Cloud, open_cloud
from tests.unit.cloud.workshop import MONDAY, SKILLS, centre, hours_after, job, week

Answer = TypeVar("Answer")
ALWAYS = [{"weekday": day, "opens": "00:00", "closes": "23:45"} for day in range(7)]
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
PEOPLE = 100
NINE = hours_after(2)


def at_once(url: str, act: Callable[[Database, int], str]) -> Counter[str]:
    """What became of each of a hundred who begin at the same moment."""
    gate = Barrier(PEOPLE)

    def one(n: int) -> str:
        with closing(Database(url)) as database:
            with database.snapshot() as connection:
                connection.execute(sa.text("SELECT 1"))  # the connection is there before the gate opens
            gate.wait()
            return act(database, n)

    with ThreadPoolExecutor(PEOPLE) as threads:
        return Counter(threads.map(one, range(PEOPLE)))


def book(database: Database, n: int) -> str:
    service = AppointmentService(database, Audit(database, lambda: MONDAY), lambda: MONDAY)
    try:
        held = patiently(lambda: service.hold(f"wish of {n}", job(f"van-{n}"), "mitte", NINE, by="ada"))
    except SlotTaken:
        return "taken"
    return patiently(lambda: service.confirm(held.id, by="ada")).state


def patiently(ask: Callable[[], Answer]) -> Answer:
    """Ask again while the database is locked for too long, as the error says; a hundred processes may have to."""
    for _ in range(9):
        try:
            return ask()
        except UpstreamDown:
            continue
    return ask()


def cells_of(cloud: Cloud) -> int:
    return len(cloud.rows(store.booked_cells))


def test_one_slot_is_booked_once() -> None:
    with open_cloud() as cloud:
        cloud.scheduling.put_centre(centre(), by="ada")
        assert at_once(cloud.url, book) == {"booked": 1, "taken": PEOPLE - 1}
        [booking] = cloud.rows(store.bookings)
        assert booking["state"] == "booked"
        assert cells_of(cloud) == 3 * 6


def test_as_many_are_booked_as_there_are_bays() -> None:
    with open_cloud() as cloud:
        bays = tuple(Bay(str(n), frozenset({"lift"})) for n in range(7))
        technicians = tuple(Technician(f"t{n}", SKILLS, week()) for n in range(5))
        cloud.scheduling.put_centre(centre(bays=bays, technicians=technicians), by="ada")
        assert at_once(cloud.url, book) == {"booked": 5, "taken": PEOPLE - 5}
        rows = cloud.rows(store.bookings)
        assert len({row["technician"] for row in rows}) == len({row["bay"] for row in rows}) == len(rows) == 5


def test_one_wish_sent_a_hundred_times_is_one_booking() -> None:
    def same(database: Database, _: int) -> str:
        service = AppointmentService(database, Audit(database, lambda: MONDAY), lambda: MONDAY)
        return patiently(lambda: service.hold("one wish", job(), "mitte", NINE, by="ada")).id

    with open_cloud() as cloud:
        cloud.scheduling.put_centre(centre(), by="ada")
        [(_, times)] = at_once(cloud.url, same).items()
        assert times == PEOPLE
        assert len(cloud.rows(store.bookings)) == 1


def test_the_key_of_the_cells_alone_decides_who_was_first() -> None:
    """Nobody looks before writing here: what forbids the second is the constraint."""
    slot = Slot("mitte", "1", "anna", NINE, hours_after(3.5))

    def write(database: Database, n: int) -> str:
        return patiently(lambda: write_once(database, n))

    def write_once(database: Database, n: int) -> str:
        with database.transaction() as connection:
            written = store.add_booking(connection, hold(f"{n:032x}", job(f"van-{n}"), slot, MONDAY))
            if not written:
                connection.rollback()
        return "written" if written else "taken"

    with open_cloud() as cloud:
        cloud.scheduling.put_centre(centre(), by="ada")
        assert at_once(cloud.url, write) == {"written": 1, "taken": PEOPLE - 1}
        [booking] = cloud.rows(store.bookings)
        taken = {(row["resource"], row["cell"]) for row in cloud.rows(store.booked_cells)}
        assert taken == set(taken_by(slot, job(f"van-{int(booking['id'], 16)}").address))


def test_over_http_one_gets_it_and_ninety_nine_are_told_by_name(tmp_path: Path) -> None:
    form = {
        "name": "Workshop", "email": "w@example.org", "place": {"latitude_deg": 52.5, "longitude_deg": 13.4},
        "zone": "UTC", "hours": ALWAYS, "bays": [{"id": "1"}], "technicians": [{"id": "anna", "shifts": ALWAYS}],
    }  # fmt: skip
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    start_at = noon + timedelta(days=2)
    with serving(tmp_path, "--embedded-broker", "--broker-port", "0") as service:
        with httpx.Client(base_url=f"{service.api}/api/v1", headers=HEADERS, timeout=60) as person:
            assert person.put("/centres/mitte", json=form).status_code == 200
        gate = Barrier(PEOPLE)

        def ask(n: int) -> tuple[int, str]:
            with httpx.Client(base_url=f"{service.api}/api/v1", headers=HEADERS, timeout=60) as person:
                person.get("/centres")  # connected before the gate opens
                gate.wait()
                one = {"fleet": "north", "vehicle": f"van-{n}", "component": "cooling", "work": {"minutes": 60}}
                one |= {"action": "watch", "ready_at": start_at.isoformat()}
                wish = {"request": f"wish of {n}", "job": one, "centre": "mitte", "start_at": start_at.isoformat()}
                try:
                    answer = person.post("/bookings", json=wish)
                except httpx.TransportError:  # who waits long before the gate is hung up on, and asks the same again
                    answer = person.post("/bookings", json=wish)
                return answer.status_code, answer.json().get("type", "")

        with ThreadPoolExecutor(PEOPLE) as threads:
            answers = Counter(threads.map(ask, range(PEOPLE)))
        assert answers == {(201, ""): 1, (409, "urn:telltale:problem:slot-taken"): PEOPLE - 1}
        [booking] = service.get("/api/v1/bookings")["items"]
        assert booking["state"] == "held"
        assert "Traceback" not in service.log
