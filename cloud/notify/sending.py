"""Handing a letter over: what can go wrong, and which adapter takes it."""

from collections.abc import Mapping
from typing import Protocol

from cloud.notify.channel import Channel, Kind, Letter, channel_of


class NotTaken(Exception):
    """The channel did not take a letter; says why, for people, without secrets."""

    def __init__(self, why: str, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.for_good = for_good
        """It would say so again each time."""


class Carrier(Protocol):
    """Takes letters to channels of one kind."""

    def carry(self, letter: Letter, channel: Channel) -> None:
        """Hand a letter over; it returns when the other side has taken it.

        Raises:
            NotTaken: it has not, or nobody knows.
        """
        ...


class Sender:
    """All kinds of channels. Safe to use from several threads."""

    def __init__(self, carriers: Mapping[Kind, Carrier], *, private: bool) -> None:
        self._carriers = dict(carriers)
        self._private = private

    def send(self, letter: Letter) -> None:
        """Hand a letter over to where its contact is reached.

        Raises:
            NotTaken: it was not taken, or nobody knows.
        """
        try:
            channel = channel_of(letter.channel, private=self._private)
        except ValueError as error:  # it was allowed when it was written
            raise NotTaken(str(error), for_good=True) from error
        self._carriers[channel.kind].carry(letter, channel)
