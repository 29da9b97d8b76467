"""A service with people who sign in, workshops, and vehicles that say something; all by its doors: API and broker."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np

from cloud.fleet.provisioning.authority import Authority
from cloud.fleet.provisioning.documents import DocumentKey
from edge.wire import messages
from edge.wire.blocks import digest
from edge.wire.envelope import STREAM_OF
from edge.wire.frame_block import FORMAT, Frames, encode_frames
from edge.wire.messages import Action, Severity, SignalSummary, TroubleCodeStatus
from edge.wire.sample_block import FORMAT as SAMPLES
from edge.wire.sample_block import Sampled, encode_samples
from tests.in_columns import sampled
from tests.integration.cloud.service import TOKEN, Service, serving
from tests.integration.cloud.talker import Talker, upto
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.vehicle import CARD, Speaker

PASSWORD: Final = "correct horse battery staple"
FLEET: Final = "north"
PEOPLE: Final = {
    "olga": ("Olga Owner", "owner", FLEET),
    "dora": ("Dora Dispatcher", "fleet_manager", FLEET),
    "tom": ("Tom Technician", "technician", FLEET),
    "mara": ("Mara Manager", "fleet_manager", "south"),
    "tim": ("Tim Technician", "technician", "south"),
    "erik": ("Erik Executive", "executive", "south"),
    "ada": ("Ada Admin", "admin", None),
}
"""Login → name, role, and the fleet that they have it in; None: everywhere."""
PLACES: Final = {"van-7": (52.52, 13.41), "van-8": (48.14, 11.58), "van-9": (53.55, 9.99), "van-10": (50.94, 6.96)}
_SETTINGS: Final = """
[workflow]
look_every_s = 0.2

[notify]
smtp_url = "smtp://127.0.0.1:9"
"""
"""Nobody listens at the mail server's port, so that no mail leaves this machine."""
_ALWAYS: Final = [{"weekday": day, "opens": "00:00", "closes": "23:45"} for day in range(7)]
_SKILLS: Final = ("brakes", "cooling", "electrical", "engine", "tyres")
_PARTS: Final = ("thermostat", "water_pump", "radiator_fan", "battery_12v", "alternator", "starter")
_SPEEDS: Final = (0.0, 12.0, 31.0, 48.0, 50.0, 63.0, 88.0, 92.0, 71.0, 50.0, 48.5, 30.0, 8.0, 0.0, 0.0, 22.0)


def _centre(name: str, latitude_deg: float, longitude_deg: float) -> dict[str, Any]:
    return {
        "name": name,
        "email": "w@example.org",
        "place": {"latitude_deg": latitude_deg, "longitude_deg": longitude_deg},
        "zone": "UTC",
        "hours": _ALWAYS,
        "bays": [{"id": "1", "equipment": ["lift"]}],
        "technicians": [{"id": "anna", "skills": _SKILLS, "shifts": _ALWAYS}],
        "lead_time_h": dict.fromkeys(_PARTS, 0.0),
    }


CENTRES: Final = {
    "mitte": _centre("Workshop Mitte", 52.5, 13.4),
    "westend": _centre("Workshop Westend", 52.51, 13.28),
    "treptow": _centre("Workshop Treptow", 52.49, 13.47),
}


@contextmanager
def town(folder: Path) -> Iterator[Service]:
    """A service with people and workshops, and no vehicle yet; it signs what it asks of vehicles."""
    settings = folder / "cloud.toml"
    settings.write_text(_SETTINGS + _signing(folder))
    arguments = ("--config", str(settings), "--embedded-broker", "--broker-port", "0")
    with serving(folder, *arguments) as service:
        for login, (name, role, fleet) in PEOPLE.items():
            grants = [{"role": role, "fleet": fleet}]
            put(service, f"/people/{login}", {"name": name, "grants": grants, "password": PASSWORD})
        for centre, body in CENTRES.items():
            put(service, f"/centres/{centre}", body)
        yield service


def _signing(folder: Path) -> str:
    """An authority with its keys, beside which everybody is listened to; how the configuration names it."""
    passphrase, authority = secrets.token_hex(24), Authority.new("Fleet", now())
    (folder / "passphrase").write_text(passphrase)
    authority.save(folder, passphrase)
    DocumentKey.new(authority).save(folder, passphrase)
    return (
        f'[provisioning]\nauthority = "{folder}"\npassphrase_file = "{folder / "passphrase"}"\n'
        'broker = "mqtts://broker.example:8883"\nstrangers = true\n'
    )


def put(service: Service, path: str, body: object) -> None:
    """PUT, with the token."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = httpx.put(f"{service.api}/api/v1{path}", json=body, headers=headers, timeout=30)
    assert answer.is_success, answer.text


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def alert(
    n: int, summary: str, *, component: str = "cooling", minutes_ago: float = 4, **changes: Any
) -> messages.Alert:
    """An alert that began so long ago and still fires."""
    began = now() - timedelta(minutes=minutes_ago)
    fields = {
        "id": f"{n:032x}",
        "rule": f"{component}_rule",
        "component": component,
        "summary": summary,
        "started_at": began,
        "since_at": began - timedelta(seconds=5),
        **changes,
    }
    return says.alert().model_copy(update=fields)


def too_hot(n: int = 1) -> messages.Alert:
    """What a case comes of."""
    values = {"Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature": 118.5, "Vehicle.Speed": 48.0}
    told = alert(n, "The engine is too hot", advice="Stop and let it cool; look for a leak.", values=values)
    engine = {"Vehicle.Powertrain.CombustionEngine.Speed": 2150.0, "Vehicle.OBD.EngineLoad": 61.0}
    scene = {**values, **engine, "Vehicle.Exterior.AirTemperature": 31.0}
    return told.model_copy(update={"window_s": 30.0, "freeze_frame": scene})


def flat_battery(n: int = 2) -> messages.Alert:
    """Something smaller."""
    return alert(
        n, "The starter battery is weak", component="charging", severity=Severity.WARNING, action=Action.NEXT_SERVICE,
        driver="", advice="Have the battery tested at the next service.", minutes_ago=90,
        values={"Vehicle.LowVoltageBattery.CurrentVoltage": 11.8},
    )  # fmt: skip


def drive(vehicle: str) -> Iterator[messages.Body]:
    """Where it is, and a summary for each minute, the last of them just now."""
    latitude_deg, longitude_deg = PLACES[vehicle]
    place_told = {"latitude_deg": latitude_deg, "longitude_deg": longitude_deg}
    yield says.position().model_copy(update=place_told)
    for place, speed in enumerate(_SPEEDS):
        began = now() - timedelta(minutes=len(_SPEEDS) - place)
        told = {
            "Vehicle.Speed": ("km/h", speed),
            "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature": ("celsius", 84.0 + place * 1.5),
            "Vehicle.LowVoltageBattery.CurrentVoltage": ("V", 13.9 - place * 0.02),
        }
        signals = {
            path: SignalSummary(unit=unit, min=value, max=value, mean=value, last=value, count=600)
            for path, (unit, value) in told.items()
        }
        yield messages.Summary(started_at=began, ended_at=began + timedelta(minutes=1), signals=signals)


def trip(n: int, hours_ago: float, **changes: Any) -> messages.Trip:
    """Half an hour's drive."""
    began = now() - timedelta(hours=hours_ago)
    fields = {
        "id": f"{n:032x}",
        "started_at": began,
        "ended_at": began + timedelta(minutes=34),
        "alerts": [],
        **changes,
    }
    return says.trip(distance_m=18_400.0).model_copy(update=fields)


def trips() -> Iterator[messages.Trip]:
    """Driven fast and hard, in private, by a vehicle that had been towed, and by one that says little."""
    style = {"harsh_braking": 2, "harsh_acceleration": 0, "overspeed": 1, "overspeed_s": 40.0}
    ends = {
        "start_latitude_deg": 52.4,
        "start_longitude_deg": 13.06,
        "end_latitude_deg": 52.52,
        "end_longitude_deg": 13.41,
    }
    yield trip(1, 3, stops=1, stopped_s=240.0, fuel_used_l=1.6, fuel_idle_l=0.2, **style, **ends)
    yield trip(2, 8, private=True)
    calm = {"harsh_braking": 0, "harsh_acceleration": 0, "harsh_cornering": 0, "overspeed": 0, "overspeed_s": 0.0}
    yield trip(3, 20, moved_off_m=12_400.0, energy_used_kwh=3.4, energy_recuperated_kwh=0.6, **calm)
    yield trip(4, 27)


def loose_plug(n: int = 3) -> messages.Alert:
    """What a workshop sets off."""
    told = alert(n, "The coolant sensor does not answer", driver="", advice="Look at its plug.", minutes_ago=20)
    return told.model_copy(update={"workshop": True})


def captured(around: messages.Alert) -> tuple[messages.Capture, bytes]:
    """What was on the bus around an alert, whole: two hundred frames."""
    start_ns = int(around.started_at.timestamp()) * 1_000_000_000
    count = 200
    payload = np.zeros((count, 8), np.uint8)
    payload[:, 0] = np.arange(count)
    block = encode_frames(
        Frames(
            time=np.arange(count) * 10_000_000 + start_ns,
            bus=np.zeros(count, np.uint8),
            id=np.full(count, 0x321, np.uint32),
            flags=np.zeros(count, np.uint8),
            length=np.full(count, 8, np.uint8),
            payload=payload,
            buses=("body",),
        )
    )
    body = messages.Capture(
        format=FORMAT,
        started_at=around.started_at,
        ended_at=around.started_at + timedelta(seconds=2),
        count=count,
        sha256=digest(block),
        trigger=f"alert:{around.id}",
        id=around.id,
        wanted_from=around.started_at,
        wanted_to=around.started_at + timedelta(seconds=2),
    )
    return body, block


def collect(service: Service, fleet: str, **changes: Any) -> str:
    """Ask the vehicles of a fleet for their speed when it is high; the id of the campaign."""
    made: str = service.post(
        f"/api/v1/fleets/{fleet}/campaigns",
        name="Fast",
        signals=["Vehicle.Speed"],
        trigger={"kind": "condition", "when": "Vehicle.Speed > 100 km/h"},
        expires_at=(now() + timedelta(days=7)).isoformat(),
        **changes,
    )["id"]
    return made


def running(campaign: str) -> messages.Reported:
    """A vehicle has taken a campaign on, and has begun a window."""
    report = messages.CampaignReport(id=campaign, state=messages.CampaignState.RUNNING, windows=1, bytes=900)
    return messages.Reported(desired_version=1, state={}, refusals=[], campaigns=[report])


def cannot(campaign: str) -> messages.Reported:
    """A vehicle cannot do it."""
    why = "signals.0: this vehicle does not send Vehicle.Speed"
    report = messages.CampaignReport(id=campaign, state=messages.CampaignState.REFUSED, reason=why)
    return messages.Reported(desired_version=1, state={}, refusals=[], campaigns=[report])


def collected(campaign: str) -> tuple[messages.Telemetry, bytes]:
    """A window of three speeds, whole."""
    began = now() - timedelta(minutes=2)
    start_ns = int(began.timestamp()) * 1_000_000_000
    rows = [(start_ns + second * 1_000_000_000, 0, 100.0 + second) for second in range(3)]
    block = encode_samples(sampled(rows, [Sampled("Vehicle.Speed", "km/h")]))
    body = messages.Telemetry(
        format=SAMPLES,
        started_at=began,
        ended_at=began + timedelta(seconds=2),
        count=3,
        sha256=digest(block),
        campaign=campaign,
        window="e" * 32,
    )
    return body, block


def done(command: str) -> messages.Result:
    """The result of something that was asked."""
    return messages.Result(command=command, state=messages.ResultState.DONE, reason="", values={"buses": 2.0})


Told = messages.Body | tuple[messages.Body, bytes]


def tell(service: Service, vehicle: str, *bodies: Told, fleet: str = FLEET, card: str = CARD) -> None:
    """Let a vehicle say all this, and wait until the cloud has it."""
    speaker = Speaker(vehicle, fleet, card)
    counts: dict[str, int] = {}
    with Talker(service.broker, speaker.address) as talker:
        for told in bodies:
            body, block = told if isinstance(told, tuple) else (told, b"")
            stream = speaker.stream(STREAM_OF[body.kind])
            counts[stream] = counts.get(stream, 0) + 1
            talker.say(speaker.say(body, counts[stream], observed_at=now(), block=block))
        for stream, upto_seq in counts.items():
            talker.wait_for(upto(stream, upto_seq), f"an acknowledgement of {stream}")


def furnish(service: Service) -> None:
    """Four vehicles, one of them in trouble; everything that a page can show."""
    code = says.trouble_code("P0128", TroubleCodeStatus.CONFIRMED, seen_at=now() - timedelta(hours=2))
    pending = says.trouble_code("P0301", TroubleCodeStatus.PENDING, seen_at=now() - timedelta(hours=1))
    hot = too_hot()
    tell(service, "van-7", hot, captured(hot), *drive("van-7"), *trips(), code, pending)
    tell(service, "van-8", flat_battery(), *drive("van-8"), trip(1, 5))
    tell(service, "van-9", *drive("van-9"))
    tell(service, "van-10", says.health())


def through_the_workshop(service: Service, vehicle: str, found_cause: str) -> int:
    """Say yes to its case, and repair it; the number of its work order."""
    number = wait_for_case(service, vehicle, "asked")["number"]
    service.post(f"/api/v1/cases/{number}/answer", answer="yes", choose_for_me=True)
    order: int = wait_for_case(service, vehicle, "booked")["work_order"]
    begun = service.post(f"/api/v1/work-orders/{order}/start", sequence=0)
    service.post(
        f"/api/v1/work-orders/{order}/complete",
        sequence=begun["sequence"],
        outcome="repaired",
        findings=["Shaft leaks"],
        found_cause=found_cause,
        parts_changed=["water_pump"],
    )
    return order


def case_of(service: Service, vehicle: str) -> dict[str, Any]:
    """The latest case of a vehicle."""
    items: list[dict[str, Any]] = service.get(f"/api/v1/cases?vehicle={vehicle}")["items"]
    return items[0] if items else {"state": "none"}


def wait_for_case(service: Service, vehicle: str, state: str) -> dict[str, Any]:
    service.wait_until(lambda: case_of(service, vehicle)["state"] == state, f"a case of {vehicle} that is {state}")
    return case_of(service, vehicle)
