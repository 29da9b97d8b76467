"""The room put together: the chat, and the language model where one is configured."""

from cloud.chat.service import ChatService
from cloud.chat.tools import Neighbours
from cloud.chat.understanding import Understanding
from cloud.config import ChatConfig
from cloud.database import Database


def make_chat(database: Database, near: Neighbours, config: ChatConfig) -> ChatService:
    """The chat as it is configured."""
    return ChatService(database, near, Understanding(), conversations_max=config.conversations_kept)
