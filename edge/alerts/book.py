"""The book of what is pending and what fires: says what changed at each tick."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from edge.alerts.alert import Alert, Fingerprint, Scene, alert_id
from edge.alerts.damping import Damping
from edge.alerts.firing import Firing, filled
from edge.alerts.inhibition import inhibited
from edge.alerts.kept import Kept, Pending
from edge.detect.finding import Concern, Finding, Verdict


class AlertBook:
    """Turns findings into alerts, one at a time for each fingerprint.

    What was not judged was not known to hold: where ticks are further apart than the grid, because a silence was
    skipped, the daemon was off or the clock jumped, what was pending begins anew, and no time that an alert counts (of
    firing, of being gone) runs through it. What fires goes on, since nobody knows that it ended. Cool-downs are times
    of the clock; when that was set back they are void.
    """

    def __init__(self, vehicle: str, *, grid_ns: int | None = None) -> None:
        """`grid_ns`: how far ticks are apart; None: as far as they like, with nothing missing in between."""
        self.inhibited = 0
        """Alerts that were held back because another one fired."""
        self.cooled_down = 0
        """Alerts that would have begun, but for a cool-down."""
        self.worsened = 0
        """Steps to something worse that were told."""
        self._vehicle = vehicle
        self._grid_ns = grid_ns
        self._at: int | None = None
        self._pending: dict[Fingerprint, Pending] = {}
        self._firing: dict[Fingerprint, Firing] = {}
        self._damping = Damping()

    @property
    def firing(self) -> Sequence[Alert]:
        """What fires now, told or not, oldest first."""
        return tuple(firing.alert for firing in self._firing.values())

    @property
    def kept(self) -> Kept:
        """What another book must be given to go on from here."""
        return Kept(self._at, dict(self._pending), tuple(self._firing.values()), dict(self._damping.past))

    @property
    def counters(self) -> Mapping[str, int]:
        """How many fire and are pending now, and what was damped since the start."""
        return {
            "alerts_firing": len(self._firing),
            "alerts_pending": len(self._pending),
            "alerts_worsened": self.worsened,
            "alerts_inhibited": self.inhibited,
            "alerts_cooled_down": self.cooled_down,
            "alerts_flapping": self._damping.flapping,
            "alerts_forgotten": self._damping.forgotten,
        }

    def restore(self, kept: Kept) -> None:
        """Go on where another book stopped, so that alerts neither double nor stay open for ever."""
        self._at = kept.at
        self._pending = dict(kept.pending)
        self._firing = {firing.alert.fingerprint: firing for firing in kept.firing}
        self._damping.restore(kept.past)

    def update(self, until: int, findings: Sequence[Finding], look: Callable[[], Scene] = Scene) -> list[Alert]:
        """Take in one tick (ns); what is to be told of it: alerts that ended, that began, that are worse.

        Args:
            until: when; the same ticks always give the same alerts.
            findings: of a fingerprint the first counts.
            look: the vehicle as it is; asked only when an alert begins.
        """
        span_ns = self._judged(until)
        found: dict[Fingerprint, Finding] = {}
        for finding in findings:
            found.setdefault((finding.concern.rule, finding.concern.component), finding)
        ended = self._go_on(found, until, span_ns)
        self._wait(found, until)
        for key, finding in found.items():
            if key in self._pending and self._is_due(key, finding, until):
                self._begin(key, finding, until, look())
        return ended + self._told()

    def release(self) -> list[Alert]:
        """The vehicle has left the workshop: what began there, was told and fires still, to be told anew."""
        released: list[Alert] = []
        for key, firing in self._firing.items():
            if firing.alert.scene.workshop:
                scene = replace(firing.alert.scene, workshop=False)
                alert = replace(firing.alert, scene=scene, is_worse=False)
                self._firing[key] = replace(firing, alert=alert)
                if firing.told is not None:
                    released.append(replace(alert, is_again=True))
        return released

    def would_begin(self, concern: Concern, until: int) -> bool:
        """Whether an alert would begin and be told, if its condition held now."""
        key = (concern.rule, concern.component)
        if key in self._firing or self._damping.holds_back(key, 0, until):
            return False
        return not any(concern.rule in firing.alert.concern.inhibits for firing in self._firing.values())

    def _judged(self, until: int) -> int:
        """How much time (ns) this tick judges; 0 where ticks are missing before it."""
        span_ns = 0 if self._at is None else until - self._at
        if span_ns < 0:
            self._damping.restore({})
        self._at = until
        if 0 < span_ns <= (self._grid_ns or span_ns):
            return span_ns
        self._pending.clear()
        return 0

    def _go_on(self, found: Mapping[Fingerprint, Finding], until: int, span_ns: int) -> list[Alert]:
        """Every alert that fires, one tick further; those that ended at it and had been told."""
        ended: list[Alert] = []
        for key, firing in tuple(self._firing.items()):
            finding = found.get(key)
            after = firing.gone(span_ns) if finding is None else firing.seen(finding, span_ns)
            if finding is not None or not after.is_over:
                self._firing[key] = after
                continue
            del self._firing[key]
            self._damping.ends(after.alert, after.told, until)
            if after.told is not None:
                ended.append(replace(after.alert, ended=max(until, after.alert.started), is_worse=False))
        return ended

    def _wait(self, found: Mapping[Fingerprint, Finding], until: int) -> None:
        """What holds and does not fire, since when."""
        holding = [key for key, one in found.items() if one.verdict is Verdict.HOLDS and key not in self._firing]
        self._pending = {key: self._pending.get(key, Pending(until)) for key in holding}

    def _is_due(self, key: Fingerprint, finding: Finding, until: int) -> bool:
        """Whether it has held for long enough and no cool-down stands against it."""
        pending = self._pending[key]
        if until - pending.since < finding.concern.for_ns:
            return False
        if not self._damping.holds_back(key, finding.step, until):
            return True
        if not pending.is_held_back:
            self.cooled_down += 1
            self._pending[key] = replace(pending, is_held_back=True)
        return False

    def _begin(self, key: Fingerprint, finding: Finding, until: int, scene: Scene) -> None:
        concern = finding.concern
        alert = Alert(
            id=alert_id(self._vehicle, *key, until),
            concern=concern,
            since=self._pending.pop(key).since,
            started=until,
            ended=None,
            values=dict(finding.values),
            summary=filled(concern.summary, finding.facts),
            advice=filled(concern.advice, finding.facts),
            driver="",
            step=min(finding.step, len(concern.steps)),
            flapping=self._damping.begins(key, until),
            span_ns=finding.span_ns,
            scene=scene,
        )
        self._firing[key] = Firing(alert, dict(finding.facts))

    def _told(self) -> list[Alert]:
        """What has begun or become worse and is not inhibited, also when it was until now."""
        unsaid = [key for key, firing in self._firing.items() if firing.told != firing.alert.step]
        if not unsaid:
            return []
        silenced = inhibited(self.firing)
        told: list[Alert] = []
        for key in unsaid:
            firing = self._firing[key]
            if key not in silenced:
                self._firing[key], alert = firing.said()
                self.worsened += alert.is_worse
                told.append(alert)
            elif firing.told is None and firing.alert.started == self._at:
                self.inhibited += 1
        return told
