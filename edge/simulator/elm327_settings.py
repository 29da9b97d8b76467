"""Settings: what AT commands set on an ELM327, and what follows from it for ids and filters."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from edge.frames import EXTENDED, Frame

STANDARD_MASK: Final = 0x7FF
EXTENDED_MASK: Final = 0x1FFFFFFF


@dataclass(frozen=True, slots=True)
class ObdProtocol:
    """One of the numbered protocols; those without a bit rate are known by name only."""

    name: str
    kbps: int = 0
    extended: bool = False


PROTOCOLS: Final[Mapping[str, ObdProtocol]] = {
    "1": ObdProtocol("SAE J1850 PWM"),
    "2": ObdProtocol("SAE J1850 VPW"),
    "3": ObdProtocol("ISO 9141-2"),
    "4": ObdProtocol("ISO 14230-4 (KWP 5BAUD)"),
    "5": ObdProtocol("ISO 14230-4 (KWP FAST)"),
    "6": ObdProtocol("ISO 15765-4 (CAN 11/500)", 500),
    "7": ObdProtocol("ISO 15765-4 (CAN 29/500)", 500, extended=True),
    "8": ObdProtocol("ISO 15765-4 (CAN 11/250)", 250),
    "9": ObdProtocol("ISO 15765-4 (CAN 29/250)", 250, extended=True),
    "A": ObdProtocol("SAE J1939 (CAN 29/250)"),
    "B": ObdProtocol("USER1 (CAN 11/125)"),
    "C": ObdProtocol("USER2 (CAN 11/50)"),
}
"""Names and numbers of the ELM327 data sheet, AT SP."""
AUTOMATIC: Final = "0"

TIMEOUT_STEP_NS: Final = 4_000_000
TIMEOUT_STEPS: Final = 0x32
"""AT ST: 200 ms by default (ELM327 data sheet)."""


@dataclass(slots=True)
class Settings:
    """What a person or program has set; as after power-on."""

    automatic: bool = True
    """The protocol is searched for."""
    number: str = AUTOMATIC
    """Of the protocol; AUTOMATIC while none has been found."""
    saved: tuple[bool, str] = (True, AUTOMATIC)
    """`automatic` and `number` as the adapter finds them after the next reset."""
    connected: bool = False
    """The protocol has been used, so that no search is needed."""
    echo: bool = True
    linefeeds: bool = False
    """By default as pin 7 is wired: low."""
    spaces: bool = True
    headers: bool = False
    memory: bool = True
    formatting: bool = True
    """AT CAF: the adapter makes and takes off the length byte of ISO 15765-2."""
    flow: bool = True
    """AT CFC: it answers first frames with flow control."""
    timeout_steps: int = TIMEOUT_STEPS
    adaptive: int = 1
    header: int | None = None
    """AT SH: the lower 24 bits of the id, or all of them; None: the functional id of the protocol."""
    priority: int = 0x18
    """AT CP: the upper five bits of a 29-bit id, where the header has only six digits."""
    wanted: tuple[int, int] | None = None
    """AT CRA: value and mask of the ids that are shown; None: answers of OBD units."""
    flow_mode: int = 0
    flow_id: int | None = None
    flow_octets: bytes | None = None

    def restarted(self) -> "Settings":
        """As after a reset: everything by default but the saved protocol."""
        automatic, number = self.saved
        return Settings(automatic=automatic, number=number, saved=self.saved)

    def obey(self, command: str) -> bool:
        """Do what an AT command says, written without AT, spaces and small letters; False: it is not understood."""
        for pattern, rule in RULES:
            match = pattern.fullmatch(command)
            if match is not None:
                return rule(self, match)
        return False

    def choose(self, number: str, *, automatic: bool, save: bool) -> None:
        """Use this protocol from now on."""
        self.automatic, self.number, self.connected = automatic, number, False
        if save:
            self.saved = (automatic, number)

    def found(self) -> None:
        """The protocol that was being tried is the one."""
        self.connected = True
        if self.memory:
            self.saved = (self.automatic, self.number)

    @property
    def protocol(self) -> ObdProtocol | None:
        """None: it has to be searched for."""
        return PROTOCOLS.get(self.number)

    @property
    def description(self) -> str:
        """AT DP."""
        name = "" if self.protocol is None else self.protocol.name
        return ", ".join(part for part in ("AUTO" * self.automatic, name) if part)

    @property
    def extended(self) -> bool:
        """The ids of the protocol have 29 bits."""
        return self.protocol is not None and self.protocol.extended

    @property
    def timeout_ns(self) -> int:
        """How long an answer may take."""
        return self.timeout_steps * TIMEOUT_STEP_NS

    def request(self, payload: bytes, time_ns: int) -> Frame:
        """The frame that asks this: at most seven bytes, eight without formatting."""
        octets = bytes([len(payload)]) + payload if self.formatting else payload
        return self.frame(self._request_id(), octets, time_ns)

    def search(self, time_ns: int) -> Frame:
        """The question of the search, which every OBD unit answers: 01 00 to all."""
        return self.frame(0x18DB33F1 if self.extended else 0x7DF, b"\x02\x01\x00", time_ns)

    def _request_id(self) -> int:
        if self.header is None:
            return 0x18DB33F1 if self.extended else 0x7DF
        if not self.extended:
            return self.header
        return self.header if self.header > 0xFFFFFF else self.priority << 24 | self.header

    def flow_control(self, first: Frame) -> Frame:
        """The answer to a first frame; by default it asks for all the rest at once."""
        octets = b"\x30\x00\x00"
        if self.flow_mode and self.flow_octets is not None:
            octets = self.flow_octets
        if self.flow_mode == 1 and self.flow_id is not None:
            return self.frame(self.flow_id, octets, first.time)
        if self.extended:
            return self.frame(first.id & ~0xFFFF | (first.id & 0xFF) << 8 | first.id >> 8 & 0xFF, octets, first.time)
        return self.frame(first.id - 8, octets, first.time)

    def frame(self, identifier: int, octets: bytes, time_ns: int) -> Frame:
        """A frame in the form of the protocol, filled up to eight bytes."""
        mask = EXTENDED_MASK if self.extended else STANDARD_MASK
        return Frame(time_ns, identifier & mask, octets.ljust(8, b"\0"), flags=EXTENDED * self.extended)

    def accepts(self, frame: Frame) -> bool:
        """Whether it may be an answer: of an OBD unit, unless AT CRA says otherwise."""
        if frame.flags & EXTENDED != EXTENDED * self.extended:
            return False
        value, mask = self.wanted or ((0x18DAF100, 0x1FFFFF00) if self.extended else (0x7E8, 0x7F8))
        return frame.id & mask == value & mask

    def monitors(self, frame: Frame) -> bool:
        """Whether AT MA shows it: everything, unless AT CRA says otherwise."""
        return self.wanted is None or self.accepts(frame)


# AT commands

Rule = Callable[[Settings, "re.Match[str]"], bool]
FLAGS: Final[Mapping[str, str]] = {
    "E": "echo",
    "L": "linefeeds",
    "S": "spaces",
    "H": "headers",
    "M": "memory",
    "CAF": "formatting",
    "CFC": "flow",
}


def _flag(settings: Settings, match: "re.Match[str]") -> bool:
    setattr(settings, FLAGS[match[1]], match[2] == "1")
    return True


def _protocol(settings: Settings, match: "re.Match[str]") -> bool:
    settings.choose(match[3], automatic=bool(match[2]) or match[3] == AUTOMATIC, save=match[1] == "SP")
    return True


def _erase_protocol(settings: Settings, _: "re.Match[str]") -> bool:
    settings.choose(AUTOMATIC, automatic=True, save=True)
    return True


def _timeout(settings: Settings, match: "re.Match[str]") -> bool:
    settings.timeout_steps = int(match[1], 16) or TIMEOUT_STEPS
    return True


def _adaptive(settings: Settings, match: "re.Match[str]") -> bool:
    settings.adaptive = int(match[1])
    return True


def _header(settings: Settings, match: "re.Match[str]") -> bool:
    settings.header = int(match[1], 16)
    return True


def _priority(settings: Settings, match: "re.Match[str]") -> bool:
    settings.priority = int(match[1], 16) & 0x1F
    return True


def _wanted(settings: Settings, match: "re.Match[str]") -> bool:
    digits = match[1]
    if not digits:
        settings.wanted = None
        return True
    value = int(digits.replace("X", "0"), 16)
    mask = int("".join("0" if digit == "X" else "F" for digit in digits), 16)
    settings.wanted = value, mask & (EXTENDED_MASK if len(digits) == 8 else STANDARD_MASK)
    return True


def _flow_id(settings: Settings, match: "re.Match[str]") -> bool:
    settings.flow_id = int(match[1], 16)
    return True


def _flow_octets(settings: Settings, match: "re.Match[str]") -> bool:
    settings.flow_octets = bytes.fromhex(match[1])
    return True


def _flow_mode(settings: Settings, match: "re.Match[str]") -> bool:
    mode = int(match[1])
    if (mode and settings.flow_octets is None) or (mode == 1 and settings.flow_id is None):
        return False
    settings.flow_mode = mode
    return True


def _close(settings: Settings, _: "re.Match[str]") -> bool:
    settings.connected = False
    return True


def _defaults(settings: Settings, _: "re.Match[str]") -> bool:
    fresh = settings.restarted()
    for name in Settings.__slots__:
        setattr(settings, name, getattr(fresh, name))
    return True


RULES: Final[tuple[tuple["re.Pattern[str]", Rule], ...]] = tuple(
    (re.compile(pattern), rule)
    for pattern, rule in (
        (r"(E|L|S|H|M|CAF|CFC)([01])", _flag),
        (r"SP00", _erase_protocol),
        (r"(SP|TP)(A?)([0-9A-C])", _protocol),
        (r"ST([0-9A-F]{2})", _timeout),
        (r"AT([0-2])", _adaptive),
        (r"SH([0-9A-F]{3}|[0-9A-F]{6}|[0-9A-F]{8})", _header),
        (r"CP([0-9A-F]{2})", _priority),
        (r"CRA([0-9A-FX]{3}|[0-9A-FX]{8}|)", _wanted),
        (r"FCSH([0-9A-F]{3}|[0-9A-F]{8})", _flow_id),
        (r"FCSD((?:[0-9A-F]{2}){1,8})", _flow_octets),
        (r"FCSM([0-2])", _flow_mode),
        (r"PC", _close),
        (r"D", _defaults),
        (r"AL|NL|AR", lambda _settings, _match: True),  # long messages are no question on CAN
    )
)
"""In the order of the ELM327 data sheet's summary; those that answer with more than OK are in elm327.py."""
