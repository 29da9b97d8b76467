"""What the rest of the cloud may ask of the chat: a question about a vehicle, and what was said before."""

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from cloud import counters
from cloud.chat import store
from cloud.chat.answers import NOT_THIS_ONE, WITHHELD, answer
from cloud.chat.deeds import Draft, do
from cloud.chat.model import Conversation, Intent, Path, Pending, Reply, Turn, Used
from cloud.chat.numbers import unsaid
from cloud.chat.others import names_another
from cloud.chat.shelf import TOOLS
from cloud.chat.thinking import Fallback, Thinks, Why
from cloud.chat.tools import Asker, Neighbours, Tool, Toolbox
from cloud.chat.understanding import Understands, Wanted, bare_answer, plain_answer
from cloud.database import Database
from cloud.errors import Conflict, NotAllowed, NotFound
from cloud.security.principal import Principal
from edge.wire.topics import Address

TURNS_MAX: Final = 50
"""Kept of one conversation."""
TURNS_TOLD: Final = 3
"""Of the latest, to a language model."""
SURELY: Final = 0.6
"""From this confidence on what is none of ours, or not English, is refused without asking a language model."""
HIDDEN: Final = "What was answered here is not for your role."
LEFT: Final = "Nothing was changed."
_BUSY: Final = "something else was said in this conversation at this moment; ask again"
_WITHOUT: Final = frozenset({Intent.YES, Intent.NO, Intent.GREETING, Intent.THANKS, Intent.ABILITIES})
_REFUSED: Final = frozenset({Intent.OTHER, Intent.LANGUAGE})
_log = logging.getLogger(__name__)


class ChatService:
    """Conversations. Answers offline by templates; with a language model where one is configured."""

    def __init__(
        self,
        database: Database,
        near: Neighbours,
        understands: Understands,
        *,
        conversations_max: int,
        thinks: Thinks | None = None,
        tools: Mapping[str, Tool] = TOOLS,
    ) -> None:
        self._database = database
        self._near = near
        self._understands = understands
        self._conversations_max = conversations_max
        self._thinks = thinks
        self._tools = tools
        self._now: Callable[[], datetime] = near.now

    def ask(
        self, principal: Principal, address: Address, text: str, conversation: str | None = None
    ) -> tuple[Conversation, Turn]:
        """Answer a question about one vehicle, in a new conversation or in one of the asker's own.

        Raises:
            NotFound: the vehicle was never heard, or the asker has no such conversation about it.
            Conflict: the same conversation is gone on with at this moment.
        """
        self._near.fleet.vehicle(address)
        asker = Asker(principal, address)
        held = self._begun(asker) if conversation is None else self._own(asker, conversation)
        waiting = held.pending
        said = None
        if waiting is not None and waiting.waits_for(principal.name, self._now()):
            said = plain_answer(text)
        if waiting is not None and said is Intent.YES:
            self._claim(held)
            return self._keep(held, text, self._done(asker, waiting), is_claimed=True)
        if said is Intent.NO:
            return self._keep(held, text, Reply(LEFT, Intent.NO, 1.0))
        return self._keep(held, text, self._answered(asker, held, text))

    def conversation(self, principal: Principal, conversation: str) -> tuple[Conversation, list[Turn]]:
        """A conversation with its newest turns, as far as the reader may see what is in them.

        Raises:
            NotFound: there is none.
        """
        with self._database.snapshot() as connection:
            found = store.conversation_of(connection, conversation)
            if found is None:
                raise NotFound(f"there is no conversation {conversation!r}")
            said = store.turns_of(connection, conversation, TURNS_MAX)
        asker = Asker(principal, found.address)
        is_own = found.by == principal.name
        return (found if is_own else replace(found, pending=None)), [self._seen_by(asker, turn) for turn in said]

    def _answered(self, asker: Asker, held: Conversation, text: str) -> Reply:
        if names_another(text, asker.address):
            return Reply(NOT_THIS_ONE, Intent.OTHER, 1.0)
        wanted = self._wanted(text)
        fell_back = ""
        if self._thinks is not None and _is_for_a_model(wanted):
            try:
                return self._thought(self._thinks, asker, held, wanted, text)
            except Fallback as error:
                fell_back = error.why
        box = self._box(asker)
        return replace(_checked(answer(box, wanted.intent, text), box, wanted), fell_back=fell_back)

    def _thought(self, thinks: Thinks, asker: Asker, held: Conversation, wanted: Wanted, text: str) -> Reply:
        """What the language model says, if it may be said."""
        box = self._box(asker)
        with self._database.snapshot() as connection:
            before = store.turns_of(connection, held.id, TURNS_TOLD)
        said = thinks.think(box, wanted, text, before)
        if unsaid(said.text, box.used):
            raise Fallback(Why.NUMBER)
        used = tuple(box.used)
        return Reply(said.text, wanted.intent, wanted.confidence, used, said.pending, Path.MODEL)

    def _wanted(self, text: str) -> Wanted:
        bare = bare_answer(text)  # nothing waits for it
        return self._understands.wanted(text) if bare is None else Wanted(bare, 1.0)

    def _done(self, asker: Asker, pending: Pending) -> Reply:
        try:
            told = do(self._near, asker, pending)
        except NotAllowed as error:
            return Reply(f"I may not do that for you: {error}.", Intent.YES, 1.0)
        return Reply(told.result, Intent.YES, 1.0, (Used("done", told.model_dump(mode="json")),))

    def _claim(self, held: Conversation) -> None:
        """Take what waits, so that a second yes finds nothing: better not done than done twice."""
        with self._database.transaction() as connection:
            if not store.change(connection, held, self._now(), turns_now=held.turns + 1, pending=None):
                raise Conflict(_BUSY)

    def _keep(
        self, held: Conversation, text: str, reply: Reply, *, is_claimed: bool = False
    ) -> tuple[Conversation, Turn]:
        now = self._now()
        turn = Turn(held.turns + 1, now, text, reply)
        after = replace(held, changed_at=now, turns=turn.number, pending=reply.pending)
        with self._database.transaction() as connection:
            if not held.turns:
                store.begin(connection, after)
            elif not is_claimed and not store.change(
                connection, held, now, turns_now=turn.number, pending=reply.pending
            ):
                raise Conflict(_BUSY)
            store.add_turn(connection, held.id, turn)
            gone = store.expire(connection, held.id, turns_max=TURNS_MAX, conversations_max=self._conversations_max)
            counters.add(connection, {**gone, **_counts(reply)})
        return after, turn

    def _begun(self, asker: Asker) -> Conversation:
        now = self._now()
        return Conversation(secrets.token_hex(16), asker.address, asker.principal.name, now, now, 0, None)

    def _own(self, asker: Asker, conversation: str) -> Conversation:
        with self._database.snapshot() as connection:
            found = store.conversation_of(connection, conversation)
        if found is None or (found.address, found.by) != (asker.address, asker.principal.name):
            raise NotFound(f"you have no conversation {conversation!r} about this vehicle; leave it out to begin one")
        return found

    def _box(self, asker: Asker) -> Toolbox:
        return Toolbox(self._tools, self._near, asker)

    def _seen_by(self, asker: Asker, turn: Turn) -> Turn:
        """A turn without what its reader could not have asked for."""
        needed = [self._tools[one.tool].permission for one in turn.reply.used if one.tool in self._tools]
        if all(asker.may(permission) for permission in needed):
            return turn
        return replace(turn, reply=replace(turn.reply, text=HIDDEN, used=()))


def _is_for_a_model(wanted: Wanted) -> bool:
    """Not a bare yes or no, not a word of courtesy, and not what is surely none of our business."""
    if wanted.intent in _REFUSED:
        return wanted.confidence < SURELY
    return wanted.intent not in _WITHOUT


def _checked(draft: Draft, box: Toolbox, wanted: Wanted) -> Reply:
    """The answer, unless it says a number that no tool has said."""
    invented = unsaid(draft.text, box.used)
    if not invented:
        return Reply(draft.text, wanted.intent, wanted.confidence, tuple(box.used), draft.pending)
    _log.error("an answer to %s was kept back: no tool said %s", wanted.intent, ", ".join(invented))
    return Reply(WITHHELD, wanted.intent, wanted.confidence, tuple(box.used))


def _counts(reply: Reply) -> Mapping[str, int]:
    return {
        f"chat_answers_{reply.path}": 1,
        "chat_not_known": int(reply.intent in _REFUSED),
        "chat_withheld": int(reply.text == WITHHELD),
        **({f"chat_model_{reply.fell_back}": 1} if reply.fell_back else {}),
    }
