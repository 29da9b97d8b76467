"""A status of a box on which all is well, to be changed at one place."""

from typing import Any

from edge.status import told
from edge.status.boot import boot_id, boot_s, own_start


def well(**changed: Any) -> told.Status:
    """`changed`: `part__field=value`, or a whole part."""
    parts: dict[str, Any] = {
        "written": told.Written(
            at="2026-11-30T17:00:00Z", clock="synced", boot_id=boot_id(), boot_s=boot_s(), pid=1,
            process_start=own_start(),
        ),
        "daemon": told.Daemon(
            version="0.1.0", fleet="depot", vehicle="van-7", profile="telltale-car", config="/etc/telltale/edge.toml",
            started_at="2026-11-30T16:00:00Z", up_s=3600.0, is_live=True, judged_ago_s=0.1, frames_late=0,
            cells_skipped=0, doing="idling", in_trip=True, trip_since_at="2026-11-30T16:50:00.000000Z", private=False,
            workshop=False, parked=False, is_time_known=True,
        ),
        "buses": [bus()],
        "understood": told.Understood(frames=9000, known_percent=97.0, counters={"frames": 9000}, most_unknown=[]),
        "signals": told.Signals(
            known=176, heard=71, fresh=70, withheld=2, left_out=0,
            values=[told.SignalStatus(path="Vehicle.Speed", value=0.0, unit="km/h", age_s=0.1)],
        ),
        "position": told.Position(age_s=1.0, accuracy_m=4.0),
        "diagnostics": [told.Asker(bus="engine", trouble=None, silent_because=None, counters={})],
        "rules": told.Rules(armed=27, unarmed={}, refused=0, named=[]),
        "models": [told.Model(name="coolant", state="running", reason=None)],
        "detectors_off": {},
        "alerts": told.Alerts(firing=0, pending=0, left_out=0, fires=[]),
        "cab": {},
        "outbox": told.OutboxStatus(
            as_of_s=0.0, trouble=None, messages=3, bytes=4000, bytes_max=256_000_000, reserve_bytes=4_000_000,
            reserve_bytes_max=4_000_000,
            waiting=[told.Held(kind="alert", messages=3, bytes=4000, oldest_s=35.0)], lost={}, set_aside=0,
            begun_anew=0,
        ),
        "written_bytes": told.WrittenBytes(
            outbox=2_700_000, outbox_per_hour=2_700_000, outbox_per_driving_hour=1_900_000, daemon=3_000_000,
            daemon_per_driving_hour=2_000_000, driven_s=1800.0,
        ),
        "link": told.LinkStatus(
            broker="broker.example:8883", connected=True, trouble=None, up_s=3000.0, network="wwan0",
            acknowledged_ago_s=12.0, held=0, metered_bytes_today=120_000, metered_bytes_a_day=1_000_000,
        ),
        "captures": told.Captures(open=0, counters={"begun": 2}),
        "update": told.UpdateStatus(
            slot="a", name="autumn", version=3, on_trial=False, probation_left_s=None, wanted=None,
            wanted_version=None, fetched_bytes=None, wanted_bytes=None, trouble=None,
        ),
        "power": told.Power(
            stage="used", why=None, line="on", line_trouble=None, volts=14.1, low_for_s=0.0, stays_s=None,
            can_shut_down=True,
        ),
        "box": told.Box(
            state_folder="/var/lib/telltale", disk_free_bytes=10**10, memory_bytes=60_000_000,
            memory_available_bytes=10**9,
        ),
        "own": told.Own(cpu_percent=0.2, writes_failed=0),
        "notes": [],
    }  # fmt: skip
    for name, value in changed.items():
        part, _, field = name.partition("__")
        parts[part] = parts[part].model_copy(update={field: value}) if field else value
    return told.Status(**parts)


def bus(**changed: Any) -> told.BusStatus:
    """One that is well, but for this."""
    told_of: dict[str, Any] = {
        "name": "engine", "state": "up", "why": None, "frames": 9000, "frames_per_s": 1204.0, "heard_ago_s": 0.0,
        "load_percent": 34.0, "lost": 0, "lost_last_minute": 0, "known_percent": 97.0, "counters": {"frames": 9000},
    }  # fmt: skip
    return told.BusStatus(**{**told_of, **changed})
