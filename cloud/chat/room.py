"""The room put together: the chat, and the language model where one is configured."""

from cloud.chat.service import ChatService
from cloud.chat.thinking import Thinks
from cloud.chat.tools import Neighbours
from cloud.chat.understanding import Understanding
from cloud.config import ChatConfig
from cloud.database import Database


def make_chat(database: Database, near: Neighbours, config: ChatConfig) -> ChatService:
    """The chat as it is configured."""
    kept = config.conversations_kept
    return ChatService(database, near, Understanding(), conversations_max=kept, thinks=_thinker(config))


def _thinker(config: ChatConfig) -> Thinks | None:
    if config.base_url is None or config.model is None:
        return None
    from cloud.chat.graph import Thinker  # noqa: PLC0415  # LangGraph takes seconds to load
    from cloud.chat.upstream import Upstream  # noqa: PLC0415

    key = None if config.api_key is None else config.api_key.get_secret_value()
    return Thinker(Upstream(config.base_url, config.model, key), timeout_s=config.timeout_s)
