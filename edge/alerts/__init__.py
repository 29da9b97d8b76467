"""Findings → alerts with a life of their own. Pure: time is that of the data."""

from edge.alerts.alert import Alert, Fingerprint, Scene, alert_id
from edge.alerts.book import AlertBook
from edge.alerts.kept import Kept, pack_alerts, unpack_alerts
from edge.alerts.scene import scene_of

__all__ = [
    "Alert",
    "AlertBook",
    "Fingerprint",
    "Kept",
    "Scene",
    "alert_id",
    "pack_alerts",
    "scene_of",
    "unpack_alerts",
]
