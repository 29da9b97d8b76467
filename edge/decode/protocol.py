"""Which messages of a database are J1939's, where the database itself does not say so."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from edge.decode.layout import Fate, MessageLayout, Remark, pgn_of, source_of
from edge.decode.mapping import CAN, J1939, Mapping
from edge.errors import ConfigError

WELL_KNOWN: Final = frozenset(
    {
        0xF001, 0xF002, 0xF003, 0xF004, 0xF005, 0xF009,  # EBC1, ETC1, EEC2, EEC1, ETC2, VDC2
        0xFEBF, 0xFEC1, 0xFECA, 0xFEDF, 0xFEE0, 0xFEE5, 0xFEE9,  # EBC2, VDHR, DM1, EEC3, VD, HOURS, LFC
        0xFEEE, 0xFEEF, 0xFEF1, 0xFEF2, 0xFEF5, 0xFEF6, 0xFEF7, 0xFEF8, 0xFEFC,  # ET1, EFL/P1, CCVS1 … VEP1, TRF1, DD1
    }
)  # fmt: skip
"""Parameter groups that nearly every vehicle with J1939 sends (SAE J1939DA)."""
NO_ADDRESS: Final = 0xFE
ENOUGH: Final = 2
"""Of them: a 29-bit id is one by chance about once in 10,000 times, two in one file are none."""


def are_well_known(groups: Iterable[int]) -> bool:
    """Whether so many groups (PGN) are among them which nearly every vehicle with J1939 sends that it is no chance."""
    return len(WELL_KNOWN.intersection(groups)) >= ENOUGH


def with_protocol(messages: Sequence[MessageLayout], mapping: Mapping, database: str) -> tuple[MessageLayout, ...]:
    """The messages, as the mapping says that they are.

    Raises:
        ConfigError: it says J1939, and the database has no message that could be.
    """
    if not mapping.j1939:
        return tuple(messages)
    if not any(message.extended for message in messages):
        raise ConfigError(
            f"{database} has no message with an id of 29 bits, as all of J1939 have",
            file=mapping.file,
            place="protocol",
            remedy="Leave protocol out",
        )
    return tuple(replace(message, j1939=message.extended) for message in messages)


def suspicions(messages: Sequence[MessageLayout], mapping_name: str) -> list[Remark]:
    """A remark with the remedy, where messages look like J1939's and nothing says that they are.

    They do where at least two parameter groups are there that nearly every such vehicle sends, or where there are no
    others. That all ids have 29 bits says nothing: cars have whole databases of them.
    """
    extended = [message for message in messages if message.extended]
    groups = {pgn_of(message.id) for message in extended}
    known = groups & WELL_KNOWN
    if any(message.j1939 for message in messages) or len(known) < min(ENOUGH, max(len(groups), 1)):
        return []
    names = ", ".join(sorted(message.name for message in extended if message.pgn in known)[:3])
    reason = (
        f"they look like J1939 ({names}), but the file does not say so (VFrameFormat, ProtocolType): each is known by "
        f"its whole id, and from another sender it is not decoded. If they are J1939's, write "
        f'protocol = "{J1939}" at the top of {mapping_name}; if they only look so, protocol = "{CAN}"'
    )
    return [Remark(0, Fate.DOUBTFUL, f"{len(extended)} messages of 29 bits", reason)]


def distinct(messages: Sequence[MessageLayout]) -> tuple[tuple[MessageLayout, ...], list[Remark]]:
    """One message of each parameter group, or of each of its senders where a file has the group of several, and a
    remark for every other one.

    A sender of 0xFE is none (SAE J1939-81: whoever has no address): such a message is of all senders that the file
    does not name.
    """
    times = Counter(message.pgn for message in messages if message.j1939)
    first: dict[tuple[int, int | None], MessageLayout] = {}
    kept: list[MessageLayout] = []
    remarks: list[Remark] = []
    for given in messages:
        message = _of_its_sender(given) if given.j1939 and times[given.pgn] > 1 else given
        known = first.setdefault((message.pgn, message.sender), message) if message.j1939 else message
        if known is message:
            kept.append(message)
        else:
            by = "" if message.sender is None else f" and sender {message.sender:02X}"
            reason = f"its PGN {message.pgn:04X}{by} is that of {known.name}, which is kept"
            remarks.append(Remark(message.line, Fate.SKIPPED, message.name, reason))
    return tuple(kept), remarks


def _of_its_sender(message: MessageLayout) -> MessageLayout:
    source = source_of(message.id)
    return replace(message, sender=None if source == NO_ADDRESS else source)
