"""/chat: ask about a vehicle in plain English; answers come from what the tools say, changes only after a yes."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field

from cloud.api.access import Caller, ServicesOf, may
from cloud.api.forms import FleetName, Form, Moment, VehicleName
from cloud.api.jobs import Wish
from cloud.chat.model import TEXT_MAX, Conversation, Deed, Intent, Pending, Turn
from cloud.chat.model import Path as AnswerPath
from cloud.security.roles import Permission
from edge.wire.topics import Address

router = APIRouter(prefix="/chat", tags=["chat"])
Asker = Annotated[Caller, may(Permission.CHAT)]
ConversationId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", examples=["0f1e2d3c4b5a69788796a5b4c3d2e1f0"])]
Question = Annotated[
    str, Field(min_length=1, max_length=TEXT_MAX, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$", examples=["may I drive?"])
]


class ChatWish(Wish):
    """A question about a vehicle."""

    fleet: FleetName
    vehicle: VehicleName
    text: Question
    conversation: ConversationId | None = None
    """Null begins a new one."""


class ResultForm(Form):
    """What a tool said for an answer."""

    tool: Annotated[str, Field(examples=["alerts"])]
    said: Annotated[dict[str, Any], Field(examples=[{"count": 0, "alerts": []}])]


class PointForm(Form):
    """One period of a chart."""

    at: Moment
    """The period's end."""
    mean: float
    min: float
    max: float


class ChartForm(Form):
    """A signal over time, to be drawn."""

    signal: Annotated[str, Field(examples=["Vehicle.Speed"])]
    """VSS path."""
    title: Annotated[str, Field(examples=["Speed"])]
    unit: Annotated[str, Field(examples=["km/h"])]
    points: list[PointForm]
    """The earliest first."""


class PendingForm(Form):
    """What waits for a yes of the one who was asked."""

    deed: Deed
    question: Annotated[str, Field(examples=["Shall I cancel the appointment?"])]
    expires_at: Moment


class TurnForm(Form):
    """A question with its answer."""

    number: Annotated[int, Field(examples=[1])]
    """Within the conversation, from 1."""
    at: Moment
    asked: Annotated[str, Field(examples=["may I drive?"])]
    text: Annotated[str, Field(examples=["I know of nothing against it: no warning is open."])]
    intent: Intent
    confidence: Annotated[float, Field(examples=[0.93])]
    """Of the intent, 0 to 1."""
    path: AnswerPath
    fell_back: Annotated[str, Field(examples=[""])]
    """Why the language model's own answer was not given; empty where it was, or none is configured."""
    results: list[ResultForm]
    """All that the answer rests on."""
    chart: ChartForm | None


class AnswerForm(TurnForm):
    """An answer."""

    conversation: ConversationId
    """Go on with it by this."""
    pending: PendingForm | None
    """What a plain yes, as the next thing that is said, would do."""


class ConversationForm(Form):
    """A conversation with its newest turns."""

    conversation: ConversationId
    fleet: FleetName
    vehicle: VehicleName
    by: Annotated[str, Field(examples=["ada@example.org"])]
    begun_at: Moment
    changed_at: Moment
    turns: list[TurnForm]
    """The earliest first."""
    pending: PendingForm | None
    """Only for the one who was asked."""


@router.post("")
def ask(caller: Asker, services: ServicesOf, form: ChatWish) -> AnswerForm:
    """Ask something; nothing is changed before a plain yes to the question that comes back as `pending`."""
    caller.must(form.fleet, f"vehicle {form.vehicle!r} in fleet {form.fleet!r}")
    address = Address(form.fleet, form.vehicle)
    conversation, turn = services.chat.ask(caller.principal, address, form.text, form.conversation)
    pending = _pending_form(conversation.pending)
    return AnswerForm(**dict(_turn_form(turn)), conversation=conversation.id, pending=pending)


@router.get("/{conversation}")
def one_conversation(
    caller: Asker, services: ServicesOf, conversation: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
) -> ConversationForm:
    """What was said in a conversation, for whoever may see its vehicle."""
    found, said = services.chat.conversation(caller.principal, conversation)
    caller.must(found.address.fleet, f"conversation {conversation!r}")
    return _conversation_form(found, said)


def _conversation_form(found: Conversation, said: list[Turn]) -> ConversationForm:
    return ConversationForm(
        conversation=found.id,
        fleet=found.address.fleet,
        vehicle=found.address.vehicle,
        by=found.by,
        begun_at=found.begun_at,
        changed_at=found.changed_at,
        turns=[_turn_form(turn) for turn in said],
        pending=_pending_form(found.pending),
    )


def _turn_form(turn: Turn) -> TurnForm:
    reply = turn.reply
    chart = reply.chart
    return TurnForm(
        number=turn.number,
        at=turn.at,
        asked=turn.asked,
        text=reply.text,
        intent=reply.intent,
        confidence=reply.confidence,
        path=reply.path,
        fell_back=reply.fell_back,
        results=[ResultForm(tool=one.tool, said=dict(one.said)) for one in reply.used],
        chart=None if chart is None else _chart_form(chart),
    )


def _chart_form(said: Any) -> ChartForm:
    points = [
        PointForm(at=datetime.fromisoformat(one["at"]), mean=one["mean"], min=one["min"], max=one["max"])
        for one in said["points"]
    ]
    return ChartForm(signal=said["signal"], title=said["title"], unit=said["unit"], points=points)


def _pending_form(pending: Pending | None) -> PendingForm | None:
    if pending is None:
        return None
    return PendingForm(deed=pending.deed, question=pending.question, expires_at=pending.expires_at)
