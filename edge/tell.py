"""Where what was found goes: the driver first, then the durable outbox, then the file that a tester asked for."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from edge.alerts import Alert, AlertBook, pack_alerts
from edge.driver.cab import Cab
from edge.errors import EdgeError
from edge.files import Draft
from edge.hot import Early
from edge.judgement import Outcome
from edge.outbox import Outbox, Posting
from edge.uplink import alert_body, alert_line, state_of, summary_body, trip_body, utc
from edge.wire.envelope import Clock
from edge.wire.messages import Body

log = logging.getLogger(__name__)

POSTINGS_MAX: Final = 64
"""Messages in one commit: an alert is never long in memory only, and a fast replay does not commit one by one."""
FIRING: Final = "alerts.firing"
"""Under what name the outbox remembers what the book of alerts must know after a restart."""


class Teller:
    """Hands outcomes on and counts them."""

    def __init__(
        self, book: AlertBook, cab: Cab, *, outbox: Outbox | None = None, alerts_out: Draft | None = None
    ) -> None:
        self.alerts_began = 0
        self.alerts_ended = 0
        self.trips = 0
        self.summaries = 0
        self.refused = 0
        """Messages that the outbox could not take."""
        self._book = book
        self._cab = cab
        self._outbox = outbox
        self._alerts_out = alerts_out

    def tell(self, outcomes: Iterable[Outcome], clock: Clock) -> bool:
        """Tell what each outcome holds, in the order of time; whether the outbox has anything new."""
        postings: list[Posting] = []
        posted = False
        for outcome in outcomes:
            self._tell_driver(outcome)
            self._write(outcome.alerts)
            self._count(outcome)
            postings += _postings(outcome, clock)
            if len(postings) >= POSTINGS_MAX:
                posted |= self._post(postings)
                postings = []
        return self._post(postings) or posted

    def _tell_driver(self, outcome: Outcome) -> None:
        if outcome.situation is not None:
            self._cab.vehicle(outcome.situation, outcome.at)
        if outcome.alerts:
            self._cab.announce(outcome.alerts, outcome.at)

    def early(self, found: Iterable[Early]) -> None:
        """Tell the driver what does not wait for the tick."""
        for one in found:
            self._cab.announce_early(one.rule, one.driver, one.at)

    def post(self, body: Body, at: datetime, clock: Clock) -> bool:
        """Queue a message that no cell brought, such as the daemon's own health; whether it was taken."""
        return self._post([Posting(body, at, clock)])

    def _post(self, postings: Sequence[Posting]) -> bool:
        if self._outbox is None or not postings:
            return False
        try:
            self._outbox.put(postings, remember={FIRING: pack_alerts(self._book.kept)})
        except EdgeError as error:
            self.refused += len(postings)
            log.error("%d messages could not be kept: %s", len(postings), error)  # noqa: TRY400  # one line
            return False
        return True

    def _write(self, alerts: Sequence[Alert]) -> None:
        if self._alerts_out is not None and alerts:
            with self._alerts_out.writing() as stream:
                lines = (f"{alert_line(alert)}\n" for alert in alerts if not alert.is_again)
                stream.write("".join(lines).encode())

    def _count(self, outcome: Outcome) -> None:
        ended = sum(alert.ended is not None for alert in outcome.alerts)
        self.alerts_ended += ended
        self.alerts_began += sum(alert.is_new for alert in outcome.alerts)
        self.trips += len(outcome.trips)
        self.summaries += len(outcome.periods)


def _postings(outcome: Outcome, clock: Clock) -> list[Posting]:
    at = utc(outcome.at)
    return [
        *(Posting(alert_body(alert), at, clock, key=_key(alert)) for alert in outcome.alerts),
        *(Posting(trip_body(trip), at, clock, key=f"trip:{trip.id}") for trip in outcome.trips),
        *(Posting(summary_body(period), at, clock) for period in outcome.periods),
        *([Posting(outcome.position, at, clock)] if outcome.position else []),
    ]


def _key(alert: Alert) -> str:
    """What is told once, also by a replay: the beginning, the end, and each step."""
    step = f":{alert.step}" if alert.is_worse else ":again" if alert.is_again else ""
    return f"alert:{alert.id}:{state_of(alert)}{step}"
