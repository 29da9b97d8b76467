"""What the tools say, in forms: whatever an answer may state stands in one of them, numbers already rounded.

Texts come from vehicles, workshops and people; they are quoted, cut to length, on one line, and never followed.
"""

from datetime import datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict

from edge.wire.messages import Action

QUOTE_MAX: Final = 300


def one_line(text: str) -> str:
    """A text of a stranger's on one line, without control characters, at most QUOTE_MAX long."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= QUOTE_MAX else f"{line[: QUOTE_MAX - 1]}…"


def when(moment: datetime, zone: str = "UTC") -> str:
    """A time for people, in a zone."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%A %-d %B %Y, %H:%M} ({zone})"


Quote = Annotated[str, BeforeValidator(one_line)]


class Told(BaseModel):
    """Base of what tools say."""

    model_config = ConfigDict(frozen=True)


class ToldVehicle(Told):
    """Which vehicle it is, and whether it is heard."""

    fleet: str
    vehicle: str
    presence: str
    last_seen: str


class ToldLife(Told):
    """How long a part still lasts."""

    title: Quote
    days: float | None
    """None: unknown."""
    days_at_least: float | None
    days_at_most: float | None
    reason: Quote


class ToldComponent(Told):
    """How well one component is."""

    component: str
    title: Quote
    score: int | None
    """None: nothing is known of it."""
    reasons: tuple[Quote, ...]
    lifetimes: tuple[ToldLife, ...]


class ToldHealth(Told):
    """How well the vehicle is: as its worst component."""

    score: int | None
    out_of: int = 100
    components: tuple[ToldComponent, ...]

    @property
    def worst(self) -> ToldComponent | None:
        """The component of the lowest score, if any is below the best."""
        known = [one for one in self.components if one.score is not None and one.score < self.out_of]
        return min(known, key=lambda one: one.score or 0, default=None)


class ToldAlert(Told):
    """A warning that is open."""

    component: str
    severity: str
    action: Action
    summary: Quote
    advice: Quote
    since: str
    signals: tuple[str, ...]
    """What it was raised on."""


class ToldAlerts(Told):
    """The warnings that are open, the most urgent first."""

    count: int
    alerts: tuple[ToldAlert, ...]
    """At most the first five."""


class ToldCode(Told):
    """A trouble code that is stored."""

    code: str
    status: str
    lamp: Quote | None
    seen: str


class ToldCodes(Told):
    """The trouble codes that control units have stored."""

    count: int
    codes: tuple[ToldCode, ...]
    """At most the first ten."""


class ToldCause(Told):
    """What may be wrong."""

    title: Quote
    percent: int
    evidence_for: tuple[Quote, ...]
    evidence_against: tuple[Quote, ...]
    next_test: Quote | None


class ToldDiagnosis(Told):
    """What is wrong with a component, or why nobody can say."""

    component: str
    is_sure: bool
    """The first cause is the verdict."""
    causes: tuple[ToldCause, ...]
    """At most three, the likeliest first."""
    reason: Quote


class ToldOffer(Told):
    """A time that can be had."""

    number: int
    centre: str
    place: Quote
    """The centre's name."""
    start_at: datetime
    start: str
    """The same in words, at the centre's wall clock."""
    weekday: str
    kind: str
    reasons: tuple[Quote, ...]


class ToldCase(Told):
    """What becomes of the trouble: the open case, else the last one."""

    case: int | None
    """None: there was none yet."""
    sequence: int | None = None
    is_open: bool = False
    component: str | None = None
    state: str = ""
    meaning: str = ""
    summary: Quote = ""
    action: Action | None = None
    work: Quote = ""
    """What is proposed."""
    booking: str | None = None
    offers: tuple[ToldOffer, ...] = ()


class ToldBooking(Told):
    """The appointment that is to come."""

    booking: str | None
    """None: nothing is booked."""
    sequence: int | None = None
    state: str = ""
    component: str = ""
    centre: str = ""
    place: Quote = ""
    start: str = ""
    end: str = ""


class ToldSlots(Told):
    """Times that can be had just now; nothing is held by showing them."""

    offers: tuple[ToldOffer, ...]
    reason: Quote = ""
    """Why there is none."""


class ToldWork(Told):
    """What the catalogue of works says of a repair. What a workshop charges is not in there."""

    title: Quote | None
    """None: nothing is to be done, as far as is known."""
    minutes: int | None = None
    parts: tuple[str, ...] = ()
    parts_value_eur: float | None = None
    """What the catalogue values the parts at; None: it needs none, or says nothing."""
    asks: Quote | None = None
    """The workshop that is booked and can say a price."""


class ToldVisit(Told):
    """What the workshop last said of its work."""

    order: int | None
    """None: there was no work order yet."""
    title: Quote = ""
    state: str = ""
    outcome: str | None = None
    findings: tuple[Quote, ...] = ()
    parts_changed: tuple[Quote, ...] = ()
    at: str = ""


class ToldMeaning(Told):
    """What a trouble code or a lamp means."""

    term: Quote
    known: bool
    kind: str = ""
    """code or lamp."""
    meaning: str = ""
    what_to_do: str = ""
    signs: tuple[str, ...] = ()
    """Of which symptoms the knowledge base takes it as a sign."""
    causes: tuple[str, ...] = ()
    stored: bool | None = None
    """Whether this vehicle has stored it; None: a lamp."""


class ToldPoint(Told):
    """One period of a chart."""

    at: datetime
    mean: float
    min: float
    max: float


class ToldChart(Told):
    """A signal over time, for the console to draw."""

    signal: str | None
    """VSS path; None: the vehicle tells of none that was meant."""
    title: str = ""
    unit: str = ""
    points: tuple[ToldPoint, ...] = ()
    latest: float | None = None
    lowest: float | None = None
    highest: float | None = None
    begin: str = ""
    end: str = ""
    there_are: tuple[str, ...] = ()
    """What could be drawn instead."""


class ToldDone(Told):
    """What was done after a yes."""

    deed: str
    result: str
    place: Quote = ""
    start: str = ""
