"""Notices, states and requests for tests of the cab's outputs."""

import threading

from edge.driver.notice import CabState, Notice, Request, Shown, Telltale

CHIMES = {"critical": 3, "warning": 1}
TELLTALES = {"critical": Telltale.RED, "warning": Telltale.AMBER}


def notice(alert: str = "a", severity: str = "warning", text: str = "Tyre pressure is low.") -> Notice:
    is_critical = severity == "critical"
    action = "stop_now" if is_critical else "next_service"
    return Notice(alert, severity, action, text, CHIMES.get(severity, 0), is_critical)


def state(*severities: str, acknowledged: bool = False, workshop: bool = False, private: bool = False) -> CabState:
    """Alerts `critical-0`, `warning-1`, … that fire, the gravest first; none: all is well."""
    alerts = tuple(
        Shown(f"{severity}-{index}", severity, "watch", "Something.", 0, acknowledged)
        for index, severity in enumerate(severities)
    )
    telltale = TELLTALES.get(severities[0], Telltale.GREEN) if severities else Telltale.GREEN
    return CabState(telltale=telltale, alerts=alerts, workshop=workshop, private=private)


class Asked:
    """Keeps what was asked for, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[Request] = []

    def __call__(self, request: Request) -> None:
        with self._lock:
            self._requests.append(request)

    @property
    def requests(self) -> list[Request]:
        with self._lock:
            return list(self._requests)
