from collections import deque
from collections.abc import Callable, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.frames import ERROR, EXTENDED, REMOTE, Frame
from edge.simulator.elm327 import Defect, Elm327
from edge.simulator.elm327_settings import PROTOCOLS
from edge.simulator.elm327_text import WAITING_MAX, SerialLine
from edge.simulator.elm327_vehicle import Network
from edge.simulator.simulation import Simulation
from tests.elm327 import OnTheRoad
from tests.unit.simulator.ecu.car import Car

MS = 1_000_000
SECOND = 1_000 * MS
VIN_FIRST = "1014490201575454"
VIN_REST = ("2130303030303030", "2230303030303432")
Answer = tuple[int, int, str]
"""After how many ms, from which id, which octets."""
SUPPORTED: list[Answer] = [(4, 0x7E8, "064100be3eb811cc")]


class Table:
    """A vehicle that knows some frames by heart; a flow control is a frame like others."""

    def __init__(self, answers: dict[tuple[int, str], list[Answer]] | None = None, *, extended: bool = False) -> None:
        functional = 0x18DB33F1 if extended else 0x7DF
        search = [(4, 0x18DAF110, SUPPORTED[0][2])] if extended else SUPPORTED
        self.answers = {(functional, "0201000000000000"): search, **(answers or {})}
        self.flags = EXTENDED * extended
        self.heard: list[tuple[int, str]] = []
        self.queue: deque[Frame] = deque()

    def send(self, time_ns: int, identifier: int, octets: str, flags: int | None = None) -> None:
        flags = self.flags if flags is None else flags
        self.queue.append(Frame(time_ns, identifier, bytes.fromhex(octets), flags=flags))

    def hear(self, frame: Frame, now_ns: int) -> bool:
        self.heard.append((frame.id, frame.payload.hex()))
        answers = self.answers.get((frame.id, frame.payload.hex()), []) if frame.flags == self.flags else []
        for after_ms, identifier, octets in answers:
            self.send(now_ns + after_ms * MS, identifier, octets)
        self.queue = deque(sorted(self.queue, key=lambda sent: sent.time))
        return bool(answers)

    def due(self, until_ns: int) -> list[Frame]:
        ready = []
        while self.queue and self.queue[0].time < until_ns:
            ready.append(self.queue.popleft())
        return ready

    def next_ns(self) -> int | None:
        return self.queue[0].time if self.queue else None


VIN: dict[tuple[int, str], list[Answer]] = {
    (0x7DF, "0209020000000000"): [(4, 0x7E8, VIN_FIRST)],
    (0x7E0, "3000000000000000"): [(1, 0x7E8, VIN_REST[0]), (2, 0x7E8, VIN_REST[1])],
}


class Terminal:
    """Someone who types and reads, and has the time."""

    def __init__(self, adapter: Elm327) -> None:
        self.adapter = adapter
        self.now = SECOND
        self.screen = b""

    def type(self, text: str) -> None:
        self.screen += self.adapter.receive(text.encode("latin-1"), self.now)

    def wait(self, until_ns: int) -> None:
        """Let time go on."""
        while (next_ns := self.adapter.next_ns()) is not None and next_ns <= until_ns:
            self.now = max(self.now, next_ns)
            self.type("")
        self.now = until_ns
        self.type("")

    def read(self, within_s: float = 30.0) -> str:
        """What comes until nothing more will come, or this time is over."""
        limit = self.now + round(within_s * SECOND)
        while (next_ns := self.adapter.next_ns()) is not None and next_ns <= limit:
            self.now = max(self.now, next_ns)
            self.type("")
        seen, self.screen = self.screen.decode("latin-1"), b""
        return seen

    def ask(self, command: str) -> str:
        """Everything up to the prompt."""
        self.type(f"{command}\r")
        return self.read()

    def quiet(self, *commands: str) -> "Terminal":
        """Without echo, and with these said."""
        for command in ("ATE0", *commands):
            assert self.ask(command).endswith("OK\r\r>")
        return self


def terminal(vehicle: Network | None = None, *commands: str, **options: object) -> Terminal:
    """Without echo, on a chosen protocol."""
    return Terminal(Elm327(vehicle or Table(), **options)).quiet("ATSP6", *commands)  # type: ignore[arg-type] # options of one call


def searching(vehicle: Network | None = None) -> Terminal:
    return Terminal(Elm327(vehicle or Table())).quiet()


# commands


def test_a_reset_greets_and_echoes() -> None:
    person = Terminal(Elm327(Table()))
    assert person.ask("ATZ") == "ATZ\r\r\rELM327 v1.5\r\r>"
    assert person.ask("at ws") == "at ws\r\r\rELM327 v1.5\r\r>"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("ATI", "ELM327 v1.5"),
        ("AT@1", "OBDII to RS232 Interpreter"),
        ("ATRV", "12.6V"),
        ("ATDP", "ISO 15765-4 (CAN 11/500)"),
        ("ATDPN", "6"),
        *((f"AT{flag}{value}", "OK") for flag in ("E", "S", "H", "M", "CAF", "CFC") for value in "01"),
        *((f"ATSP{number}", "OK") for number in ("0", "00", *PROTOCOLS, "A6", "AA")),
        *((f"AT{text}", "OK") for text in ("TP7", "TPA7", "ST32", "ST00", "AT0", "AT1", "AT2", "AL", "D", "PC", "L0")),
        *((f"ATSH{digits}", "OK") for digits in ("7E0", "DA10F1", "18DA10F1")),
        *((f"ATCRA{digits}", "OK") for digits in ("", "768", "7EX", "18DAF1XX")),
        *((f"ATFC{text}", "OK") for text in ("SH7E0", "SH18DA10F1", "SD30", "SD3000000000000000", "SM0")),
        *((f"AT{text}", "?") for text in ("", "E2", "E", "Q", "SPD", "SPX6", "ST5", "AT3", "SH7E", "SH7E00", "CRA7")),
        *((f"AT{text}", "?") for text in ("FCSD", "FCSD123", "FCSD300000000000000000", "FCSM1", "FCSM2", "FCSM3")),
        *((text, "?") for text in ("0", "hello", "01 0G", "A", "0100000000000000", "\xff\x7f", "!")),
    ],
)
def test_commands(command: str, answer: str) -> None:
    assert terminal().ask(command) == f"{answer}\r\r>"


@pytest.mark.parametrize("command", ["ATDPN", "atdpn", " A t d\tP n ", "AT\x00DPN", "\nATDPN"])
def test_case_blanks_and_zero_bytes_do_not_matter(command: str) -> None:
    assert terminal().ask(command) == "6\r\r>"


def test_the_echo_is_what_was_typed() -> None:
    person = Terminal(Elm327(Table()))
    assert person.ask("at e0") == "at e0\rOK\r\r>"
    assert person.ask("at i") == "ELM327 v1.5\r\r>"
    assert person.ask("at e1") == "OK\r\r>"
    assert person.ask("at l1") == "at l1\rOK\r\n\r\n>"
    assert person.ask("at i") == "at i\r\nELM327 v1.5\r\n\r\n>"


def test_a_bare_return_repeats_the_last_command() -> None:
    vehicle = Table()
    person = Terminal(Elm327(vehicle)).quiet("ATSP6")
    assert person.ask("01001") == person.ask("") == "41 00 BE 3E B8 11 \r\r>"
    assert vehicle.heard == [(0x7DF, "0201000000000000")] * 2
    assert Terminal(Elm327(vehicle)).ask("") == "\r?\r\r>"


def test_what_is_not_ended_in_20_seconds_is_given_up() -> None:
    person = terminal()
    person.type("010")
    assert person.read(19.9) == ""
    person.now += 19_900 * MS
    assert person.read(1.0) == "?\r\r>"
    assert person.ask("ATI") == "ELM327 v1.5\r\r>"


def test_a_command_that_is_too_long_is_not_understood() -> None:
    person = terminal()
    assert person.ask("ATI" + " " * 1000) == "ELM327 v1.5\r\r>"
    assert person.ask("ATE0" * 1000) == "?\r\r>"
    assert person.ask("ATI") == "ELM327 v1.5\r\r>"


def test_characters_leave_at_the_speed_of_the_line() -> None:
    person = terminal(baud=9600)
    person.type("ATI\r")
    person.wait(person.now + 10 * MS)
    assert person.screen == b"ELM327 v1"[:9]  # 10 bits each
    assert person.read() == "ELM327 v1.5\r\r>"


def test_the_voltage_is_that_of_the_moment() -> None:
    volts = iter((11.94, 14.26))
    person = terminal(volts=lambda: next(volts))
    assert [person.ask("AT RV"), person.ask("AT RV")] == ["11.9V\r\r>", "14.3V\r\r>"]


def test_what_is_typed_during_a_reset_is_lost() -> None:
    person = terminal()
    assert person.ask("ATZ\rATI") == "\r\rELM327 v1.5\r\r>"


# protocols


def test_the_first_question_is_preceded_by_a_search() -> None:
    vehicle = Table()
    person = searching(vehicle)
    assert person.ask("ATDP") + person.ask("ATDPN") == "AUTO\r\r>A0\r\r>"
    assert person.ask("0100") == "SEARCHING...\r41 00 BE 3E B8 11 \r\r>"
    assert person.ask("ATDP") + person.ask("ATDPN") == "AUTO, ISO 15765-4 (CAN 11/500)\r\r>A6\r\r>"
    assert person.ask("0100") == "41 00 BE 3E B8 11 \r\r>"
    assert vehicle.heard == [(0x7DF, "0201000000000000")] * 3


def test_the_search_goes_on_to_29_bits() -> None:
    person = searching(Table(extended=True))
    assert person.ask("0100") == "SEARCHING...\r41 00 BE 3E B8 11 \r\r>"
    assert person.ask("ATDPN") == "A7\r\r>"
    person.quiet("ATH1")
    assert person.ask("0100") == "18 DA F1 10 06 41 00 BE 3E B8 11 CC \r\r>"


def test_a_slower_bus_has_protocol_8() -> None:
    person = Terminal(Elm327(Table(), kbps=250)).quiet()
    assert person.ask("0100").startswith("SEARCHING...\r41 00")
    assert person.ask("ATDPN") == "A8\r\r>"


def test_nobody_answers_the_search() -> None:
    vehicle = Table()
    vehicle.answers.clear()
    person = searching(vehicle)
    assert person.ask("0100") == "SEARCHING...\rUNABLE TO CONNECT\r\r>"
    assert person.ask("ATDPN") == "A0\r\r>"
    assert vehicle.heard == [(0x7DF, "0201000000000000"), (0x18DB33F1, "0201000000000000")]


def test_the_protocol_that_was_found_is_kept_unless_the_memory_is_off() -> None:
    person = searching(Table(extended=True))
    person.ask("0100")
    person.ask("ATZ")
    assert person.ask("ATDPN").endswith("A7\r\r>")
    forgetful = searching(Table(extended=True)).quiet("ATM0")
    forgetful.ask("0100")
    forgetful.ask("ATZ")
    assert forgetful.ask("ATDPN").endswith("A0\r\r>")


def test_a_search_begins_with_the_protocol_that_was_named() -> None:
    vehicle = Table()
    person = searching(vehicle).quiet("ATSPA7")
    assert person.ask("0100").startswith("SEARCHING...\r41 00")
    assert [identifier for identifier, _ in vehicle.heard] == [0x18DB33F1, 0x7DF, 0x7DF]
    assert person.ask("ATDPN") == "A6\r\r>"


def test_tried_protocols_are_not_saved() -> None:
    person = terminal(None, "ATTP7")
    assert person.ask("ATDPN") == "7\r\r>"
    person.quiet("ATD", "ATE0")
    assert person.ask("ATDPN") == "6\r\r>"


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("6", "41 00 BE 3E B8 11 "),
        ("7", "NO DATA"),
        ("8", "CAN ERROR"),
        ("9", "CAN ERROR"),
        ("3", "BUS INIT: ...ERROR"),
        ("1", "CAN ERROR"),
        ("A", "CAN ERROR"),
    ],
)
def test_a_chosen_protocol_is_not_searched_for(number: str, answer: str) -> None:
    assert terminal(None, f"ATSP{number}").ask("0100") == f"{answer}\r\r>"


@pytest.mark.parametrize("command", ["ATPC", "ATSP0", "ATSPA6", "ATTP0"])
def test_after_the_protocol_was_closed_the_next_question_searches_again(command: str) -> None:
    person = searching()
    person.ask("0100")
    person.quiet(command)
    assert person.ask("0100").startswith("SEARCHING...")


# answers


def test_a_long_answer_has_its_length_and_numbered_lines() -> None:
    vehicle = Table(VIN)
    person = terminal(vehicle)
    assert person.ask("0902") == ("014\r0: 49 02 01 57 54 54 \r1: 30 30 30 30 30 30 30 \r2: 30 30 30 30 30 34 32 \r\r>")
    assert vehicle.heard == [(0x7DF, "0209020000000000"), (0x7E0, "3000000000000000")]
    person.quiet("ATS0")
    assert person.ask("0902") == "014\r0:490201575454\r1:30303030303030\r2:30303030303432\r\r>"


def test_with_headers_every_frame_is_shown_as_it_came() -> None:
    person = terminal(Table(VIN), "ATH1")
    assert person.ask("0902") == (
        "7E8 10 14 49 02 01 57 54 54 \r7E8 21 30 30 30 30 30 30 30 \r7E8 22 30 30 30 30 30 34 32 \r\r>"
    )
    assert person.ask("0100") == "7E8 06 41 00 BE 3E B8 11 CC \r\r>"
    person.quiet("ATS0")
    assert person.ask("0100") == "7E8064100BE3EB811CC\r\r>"


def test_without_formatting_octets_go_out_and_come_in_as_they_are() -> None:
    vehicle = Table(VIN)
    person = terminal(vehicle, "ATCAF0")
    assert person.ask("02 01 00") == "06 41 00 BE 3E B8 11 CC \r\r>"
    assert person.ask("020902").startswith("10 14 49 02 01 57 54 54 \r21 30")
    assert person.ask("0209020000000000").startswith("10 14")
    assert person.ask("020902000000000000") == "?\r\r>"


def test_answers_of_two_units_are_shown_as_they_come() -> None:
    first, later = SUPPORTED[0], (9, 0x7E9, "0641008018800155")
    person = terminal(Table({(0x7DF, "0201000000000000"): [first, later]}))
    assert person.ask("0100") == "41 00 BE 3E B8 11 \r41 00 80 18 80 01 \r\r>"


def test_frames_that_are_no_message_are_hidden() -> None:
    odd = ["00ffffffffffffff", "0fffffffffffffff", "4000000000000000", "", "10", "20", "08ff", "3000000000000000"]
    answers: list[Answer] = [(index, 0x7E8, octets) for index, octets in enumerate(odd)]
    person = terminal(Table({(0x7DF, "0201050000000000"): answers}))
    assert person.ask("0105") == "NO DATA\r\r>"
    person.quiet("ATCAF0")
    assert person.ask("020105").count("\r") == len(odd) + 1


def test_the_last_digit_says_how_many_lines_are_expected() -> None:
    person = terminal(Table(VIN))
    start = person.now
    assert person.ask("0100 1") == "41 00 BE 3E B8 11 \r\r>"
    assert person.now - start < 20 * MS
    assert person.ask("0902 3").endswith("2: 30 30 30 30 30 34 32 \r\r>")
    assert person.now - start < 60 * MS
    assert person.ask("0902 2").endswith("1: 30 30 30 30 30 30 30 \r\r>")
    assert person.ask("0100 5") == "41 00 BE 3E B8 11 \r\r>"  # fewer come
    assert person.ask("0100 0") == "41 00 BE 3E B8 11 \r\r>"


@pytest.mark.parametrize(("timeout", "wait_ms"), [("32", 200), ("FF", 1020), ("01", 4), ("00", 200)])
def test_no_answer_in_time(timeout: str, wait_ms: int) -> None:
    person = terminal(None, f"ATST{timeout}")
    person.type("0105\r")
    start = person.now
    person.wait(start + wait_ms * MS - 1)
    assert person.screen == b""
    assert person.read(0.1) == "NO DATA\r\r>"


def test_every_answer_gives_time_for_another() -> None:
    answers: list[Answer] = [(150 * number, 0x7E8, "0341057bcccccccc") for number in (1, 2, 3)]
    person = terminal(Table({(0x7DF, "0201050000000000"): answers}), "ATAT0")
    assert person.ask("0105") == "41 05 7B \r" * 3 + "\r>"


def test_adaptive_timing_waits_less_for_a_vehicle_that_is_quick() -> None:
    waits = {}
    for mode in "012":
        person = terminal(None, f"ATAT{mode}")
        person.ask("0100")
        start = person.now
        person.ask("0100")
        waits[mode] = person.now - start
    assert waits["0"] > 200 * MS > 60 * MS > waits["1"] > waits["2"]


def test_adaptive_timing_recovers_from_a_vehicle_that_becomes_slow() -> None:
    person = terminal(Table({(0x7DF, "0201050000000000"): [(150, 0x7E8, "0341057bcccccccc")]}))
    person.ask("0100")
    seen = []
    for _ in range(3):
        seen.append(person.ask("0105"))
        person.wait(person.now + SECOND)
    assert seen == ["NO DATA\r\r>", "41 05 7B \r\r>", "41 05 7B \r\r>"]


# ids


def test_a_header_asks_one_unit() -> None:
    vehicle = Table({(0x7E1, "02010d0000000000"): [(4, 0x7E9, "03410d3fcccccccc")]})
    person = terminal(vehicle, "ATSH7E1")
    assert person.ask("010D") == "41 0D 3F \r\r>"


@pytest.mark.parametrize("header", ["DA10F1", "18DA10F1"])
def test_headers_of_29_bits(header: str) -> None:
    first, rest = "1014490201575454", "3000000000000000"
    vehicle = Table(
        {
            (0x18DA10F1, "0209020000000000"): [(4, 0x18DAF110, first)],
            (0x18DA10F1, rest): [(n, 0x18DAF110, octets) for n, octets in enumerate(VIN_REST, 1)],
        },
        extended=True,
    )
    person = terminal(vehicle, "ATSP7", f"ATSH{header}")
    assert person.ask("0902").count(": ") == 3
    person.quiet("ATCP1F", "ATSHDB33F1")
    person.ask("010C")
    assert vehicle.heard[-1] == (0x1FDB33F1, "02010c0000000000")


def test_units_that_do_not_speak_obd_are_seen_with_a_filter_only() -> None:
    vehicle = Table({(0x760, "0322200100000000"): [(4, 0x768, "0462200133cccccc")]})
    person = terminal(vehicle, "ATSH760")
    assert person.ask("222001") == "NO DATA\r\r>"
    for wanted in ("768", "76X", "XXX"):
        person.quiet(f"ATCRA{wanted}")
        assert person.ask("222001") == "62 20 01 33 \r\r>"
    person.quiet("ATCRA76A")
    assert person.ask("222001") == "NO DATA\r\r>"
    person.quiet("ATCRA", "ATSH7DF")
    assert person.ask("0100") == "41 00 BE 3E B8 11 \r\r>"


def test_ids_of_another_length_are_no_answers() -> None:
    vehicle = Table()
    person = terminal(vehicle, "ATCRAXXX")
    vehicle.send(person.now + 100 * MS, 0x18DAF110, "0341057b", EXTENDED)
    assert person.ask("0105") == "NO DATA\r\r>"


@pytest.mark.parametrize(
    ("commands", "control"),
    [
        ((), (0x7E0, "3000000000000000")),
        (("ATFCSD 30 08 05", "ATFCSM2"), (0x7E0, "3008050000000000")),
        (("ATFCSH 745", "ATFCSD 30 00 0A", "ATFCSM1"), (0x745, "30000a0000000000")),
        (("ATFCSH 745", "ATFCSD 30 00 0A", "ATFCSM0"), (0x7E0, "3000000000000000")),
    ],
)
def test_flow_control(commands: Sequence[str], control: tuple[int, str]) -> None:
    vehicle = Table({(0x7DF, "0209020000000000"): [(4, 0x7E8, VIN_FIRST)]})
    terminal(vehicle, *commands).ask("0902")
    assert vehicle.heard[-1] == control


def test_flow_control_of_ones_own_needs_octets_and_an_id() -> None:
    person = terminal()
    assert [person.ask(f"ATFC{text}") for text in ("SM2", "SD30", "SM2", "SM1", "SH745", "SM1")] == [
        f"{answer}\r\r>" for answer in ("?", "OK", "OK", "?", "OK", "OK")
    ]


def test_flow_control_can_be_switched_off() -> None:
    vehicle = Table(VIN)
    assert terminal(vehicle, "ATCFC0").ask("0902") == "014\r0: 49 02 01 57 54 54 \r\r>"
    assert len(vehicle.heard) == 1


# interruptions and the bus as it is


@pytest.mark.parametrize("key", [" ", "\r", "\n", "A"])
def test_any_character_stops_a_question_and_is_lost(key: str) -> None:
    person = terminal()
    person.type("0105\r")
    person.wait(person.now + 50 * MS)
    person.type(f"{key}ATI\r")
    assert person.read() == "STOPPED\r\r>ELM327 v1.5\r\r>"


def test_a_search_can_be_stopped() -> None:
    vehicle = Table()
    vehicle.answers.clear()
    person = searching(vehicle)
    person.type("0100\r")
    person.wait(person.now + 250 * MS)
    person.type(" ")
    assert person.read() == "SEARCHING...\rSTOPPED\r\r>"
    assert person.ask("ATDPN") == "A0\r\r>"


def test_an_answer_that_comes_after_the_end_is_not_the_next_one() -> None:
    late: list[Answer] = [(230, 0x7E8, "0341057bcccccccc")]
    person = terminal(Table({(0x7DF, "0201050000000000"): late}))
    assert person.ask("0105") == "NO DATA\r\r>"
    person.wait(person.now + 100 * MS)
    assert person.ask("0100") == "41 00 BE 3E B8 11 \r\r>"


def test_what_nobody_has_asked_for_is_not_kept() -> None:
    vehicle = Table()
    person = terminal(vehicle)
    for at_ms in range(100):
        vehicle.send(person.now + at_ms * MS, 0x7E8, "0341057b")
    person.wait(person.now + SECOND)
    assert not vehicle.queue
    assert person.screen == b""


def test_monitoring_shows_everything_until_a_character_comes() -> None:
    vehicle = Table()
    person = terminal(vehicle, "ATH1")
    vehicle.send(person.now - MS, 0x111, "00")  # before it was asked for
    for at_ms, identifier, octets in ((1, 0x7E8, "0341057b"), (2, 0x123, "deadbeef"), (3, 0x18FEEE00, "81")):
        vehicle.send(person.now + at_ms * MS, identifier, octets, EXTENDED if identifier > 0x7FF else 0)
    vehicle.send(person.now + 4 * MS, 0x222, "00", ERROR)
    vehicle.send(person.now + 5 * MS, 0x321, "00" * 8, REMOTE)
    assert person.ask("ATMA") == "7E8 03 41 05 7B \r123 DE AD BE EF \r18 FE EE 00 81 \r"
    person.type("x")
    assert person.read() == "STOPPED\r\r>"


def test_monitoring_with_formatting_marks_what_is_no_message() -> None:
    vehicle = Table()
    person = terminal(vehicle)
    for at_ms, octets in enumerate(("0341057bcccccccc", "ffffff", "300000", VIN_FIRST)):
        vehicle.send(person.now + at_ms * MS, 0x7E8, octets)
    assert person.ask("ATMA") == "41 05 7B \rFF FF FF <DATA ERROR\rFC: 30 00 00 \r014\r0: 49 02 01 57 54 54 \r"
    assert vehicle.heard == []  # and no flow control is sent
    person.type(" ")
    person.read()
    person.quiet("ATCAF0", "ATH1")
    vehicle.send(person.now, 0x321, "00" * 8, REMOTE)
    assert person.ask("ATMA") == "321 RTR\r"


def test_monitoring_one_id() -> None:
    vehicle = Table()
    person = terminal(vehicle, "ATH1", "ATCRA123")
    vehicle.send(person.now, 0x122, "01")
    vehicle.send(person.now, 0x123, "02")
    assert person.ask("ATMA") == "123 02 \r"


def test_monitoring_on_another_protocol() -> None:
    assert terminal(None, "ATSP8").ask("ATMA") == "CAN ERROR\r\r>"
    person = searching()
    assert person.ask("ATMA") == ""
    person.type(" ")
    assert person.read() == "STOPPED\r\r>"


@pytest.mark.parametrize(("baud", "shown"), [(38_400, 20), (115_200, 28), (500_000, 200)])
def test_a_busy_bus_fills_the_buffer_of_a_slow_line(baud: int, shown: int) -> None:
    """1,000 frames a second are 29,000 characters; 512 of them may wait."""
    vehicle = Table()
    person = terminal(vehicle, "ATH1", baud=baud)
    for number in range(200):
        vehicle.send(person.now + number * MS, 0x100, f"{number:016x}")
    seen = person.ask("ATMA")
    assert seen.endswith("BUFFER FULL\r\r>") is (shown < 200)
    assert seen.count("100 00 ") == shown


def test_a_line_that_nobody_could_keep_up_with_loses_characters_and_counts_them() -> None:
    line = SerialLine(38_400)
    line.put(b"x" * WAITING_MAX, 0)
    line.put(b"yz", 0)
    assert line.lost == 2
    assert line.take(100 * SECOND) == b"x" * WAITING_MAX
    assert line.next_ns() is None


# defects


def test_a_slow_adapter_answers_everything_late() -> None:
    person = terminal(None, defect=Defect.SLOW, good_commands=2, delay_s=3.0)
    start = person.now
    assert person.ask("ATI") == "ELM327 v1.5\r\r>"
    assert 3 * SECOND <= person.now - start < 3.1 * SECOND
    assert person.ask("0100") == "41 00 BE 3E B8 11 \r\r>"
    person.type("0100\r")
    person.wait(person.now + SECOND)
    person.type(" ")
    assert person.read() == "STOPPED\r\r>"


def test_what_came_before_a_slow_adapter_asked_is_no_answer() -> None:
    vehicle = Table()
    person = terminal(vehicle, defect=Defect.SLOW, good_commands=2, delay_s=1.0)
    for command, answer in (("0105", "NO DATA\r\r>"), ("ATMA", "")):
        vehicle.send(person.now + 500 * MS, 0x7E8, "0341057b")
        assert person.ask(command) == answer


def test_a_silent_adapter_says_nothing_at_all() -> None:
    vehicle = Table()
    person = Terminal(Elm327(vehicle, defect=Defect.SILENT))
    assert person.ask("ATZ") + person.ask("0100") == ""
    assert vehicle.heard == []
    later = terminal(vehicle, defect=Defect.SILENT, good_commands=3)
    assert later.ask("0100") == "41 00 BE 3E B8 11 \r\r>"
    assert later.ask("0100") + later.ask("ATZ") == ""


def test_a_bad_line_loses_changes_and_adds_characters() -> None:
    sound = terminal(Table(VIN), "ATS0").ask("0902")
    bad = [terminal(Table(VIN), "ATS0", defect=Defect.GARBAGE, good_commands=3, seed=seed) for seed in range(40)]
    seen = [person.ask("0902") for person in bad]
    assert sum(answer != sound for answer in seen) > 30
    assert any(len(answer) < len(sound) for answer in seen)
    assert any(not answer.isascii() for answer in seen)
    assert any(not answer.endswith(">") for answer in seen)
    again = terminal(Table(VIN), "ATS0", defect=Defect.GARBAGE, good_commands=3, seed=7)
    assert again.ask("0902") == seen[7]


def test_an_echo_that_does_not_end() -> None:
    person = Terminal(Elm327(Table(), defect=Defect.ECHO))
    assert person.ask("ATE0") == "ATE0\rOK\r\r>"
    assert person.ask("ATE0") == "ATE0\rOK\r\r>"


def test_an_adapter_that_is_pulled_out_stops_in_the_middle_of_an_answer() -> None:
    adapter = Elm327(Table(), defect=Defect.UNPLUGGED, good_commands=2)
    person = Terminal(adapter).quiet("ATSP6")
    gone = [adapter.unplugged]
    person.type("0100\r")
    gone.append(adapter.unplugged)
    assert person.read() == "41 00 BE "
    assert [*gone, adapter.unplugged] == [False, False, True]
    assert person.ask("ATZ") == ""


def test_an_adapter_that_does_not_reach_the_vehicle() -> None:
    vehicle = Table()
    person = Terminal(Elm327(vehicle, defect=Defect.WRONG_PROTOCOL)).quiet()
    assert person.ask("0100") == "SEARCHING...\rUNABLE TO CONNECT\r\r>"
    person.quiet("ATSP6")
    assert person.ask("0100") == person.ask("ATMA") == "CAN ERROR\r\r>"
    assert vehicle.heard == []
    later = Terminal(Elm327(vehicle, defect=Defect.WRONG_PROTOCOL, good_commands=2)).quiet()
    assert later.ask("0100").startswith("SEARCHING...\r41 00")
    assert later.ask("0100") == "CAN ERROR\r\r>"


def test_a_clone_promises_everything_and_cuts_long_answers() -> None:
    vehicle = Table(VIN)
    person = terminal(vehicle, "ATQ", "ATFCSM1", "ATCRA123", "ATPP0CSV23", "ATE7", defect=Defect.CLONE)
    assert person.ask("ATI") == "ELM327 v2.1\r\r>"
    assert person.ask("0902") == "014\r0: 49 02 01 57 54 54 \r1: 30 30 30 30 30 30 30 \r\r>"
    assert vehicle.heard[-1] == (0x7E0, "3000000000000000")  # the custom flow control was a promise
    assert person.ask("0100") == "41 00 BE 3E B8 11 \r\r>"
    assert person.ask("hello") == "?\r\r>"


# a whole vehicle


def driven() -> Car:
    car = Car()
    car.shows.update(rpm=1726.0, kmh=63.0)
    for _ in range(2):
        car.drive({"P0171": True})
    return car


def test_a_vehicle_is_read_and_its_codes_are_cleared() -> None:
    person = searching(driven().network())
    assert person.ask("010C") == "SEARCHING...\r41 0C 1A F8 \r\r>"
    assert person.ask("010D") == "41 0D 3F \r41 0D 3F \r\r>"
    assert person.ask("0902") == ("014\r0: 49 02 01 57 54 54 \r1: 30 30 30 30 30 30 30 \r2: 30 30 30 30 30 34 32 \r\r>")
    assert person.ask("03") == "43 01 01 71 \r43 00 \r\r>"
    assert person.ask("04") == "44 \r44 \r\r>"
    assert person.ask("03") == "43 00 \r43 00 \r\r>"
    assert person.ask("010C0D 1") == "41 0C 1A F8 0D 3F \r\r>"
    assert person.ask("01FF") == "NO DATA\r\r>"


def test_a_vehicle_with_29_bits_is_found() -> None:
    person = searching(driven().network(extended=True)).quiet("ATH1")
    assert person.ask("03").splitlines()[1:3] == [
        "18 DA F1 10 04 43 01 01 71 CC CC CC ",
        "18 DA F1 18 02 43 00 CC CC CC CC CC ",
    ]
    person.quiet("ATSHDA28F1", "ATH0")
    answer = person.ask("222001")
    assert answer.startswith("03F\r0: 62 20 01 07 07 07 \r1: 07 ")
    assert answer.count(": ") == 10


def test_uds_of_a_unit_that_speaks_no_obd() -> None:
    person = terminal(driven().network(), "ATSH760", "ATCRA768")
    answer = person.ask("222001")
    assert answer.startswith("03F\r0: 62 20 01 07 07 07 \r1: 07 ")
    assert answer.endswith("9: 07 CC CC CC CC CC CC \r\r>")
    assert answer.count(": ") == 10
    assert person.ask("2EF190") == "7F 2E 11 \r\r>"


def test_a_vehicle_without_the_old_modes_is_not_found_by_a_search() -> None:
    person = searching(driven().network(legacy_obd=False, obd_on_uds=True))
    assert person.ask("0100") == "SEARCHING...\rUNABLE TO CONNECT\r\r>"
    person.quiet("ATSP6", "ATSH7E0")
    assert person.ask("22F190").startswith("014\r0: 62 F1 90 57 54 54 \r")


def test_a_vehicle_on_the_road_answers_with_what_it_broadcasts() -> None:
    simulation = Simulation(vehicle="car", seed=7, cycle="motorway", warm=True, skip_s=300)
    person = terminal(OnTheRoad(simulation), "ATH1", "ATSH7E0", baud=500_000)
    vin = person.ask("0902")
    assert bytes.fromhex(vin.replace("7E8 ", "").replace("\r", "").rstrip(">"))[5:8] == simulation.life.vin[:3].encode()
    speed = person.ask("010D1")
    assert speed.startswith("7E8 03 41 0D ")
    assert int(speed[13:15], 16) > 50
    person.type("ATMA\r")
    person.wait(person.now + SECOND)
    person.type(" ")
    seen = person.read()
    assert seen.endswith("STOPPED\r\r>")
    assert len({line[:3] for line in seen.splitlines()}) > 10


# whatever comes

VEHICLES: dict[str, Callable[[], Network]] = {
    "table": lambda: Table(VIN),
    "modes": lambda: driven().network(),
    "29 bits": lambda: driven().network(extended=True),
}
COMMANDS = """
    ATZ ATE0 ATH1 ATS0 ATSP0 ATSP6 ATSP7 ATSPA7 ATTP3 ATCAF0 ATMA ATSH760 ATSHDA10F1 ATCRA768 ATCRAXXX ATFCSD30 ATFCSM2
    ATFCSM1 ATST01 ATAT2 ATPC ATD ATWS ATM0 ATL1 ATCFC0 ATDP AT 0 01 0100 0902 09023 03 04 222001 021003 1014 300000
    22F19022F190
"""
WORDS = st.sampled_from(COMMANDS.split()).map(lambda word: f"{word}\r".encode())
PIECES = st.lists(
    st.one_of(WORDS, st.sampled_from([b"\r", b" ", b"AT", b"01"]), st.binary(max_size=12)), max_size=6
).map(b"".join)
GAPS = st.one_of(st.integers(0, 5 * MS), st.integers(0, 400 * MS), st.integers(0, 25 * SECOND), st.integers(-SECOND, 0))
STEPS = st.lists(st.tuples(PIECES, GAPS), max_size=25)


@pytest.mark.parametrize("vehicle", VEHICLES)
@given(st.sampled_from(Defect), st.integers(0, 5), STEPS)
@example(Defect.NONE, 0, [(b"ATSP6\r0902\r", 0), (b"", SECOND), (b"ATMA\r", 0), (b"x", SECOND)])
def test_no_characters_at_no_time_upset_it(
    vehicle: str, defect: Defect, good_commands: int, steps: list[tuple[bytes, int]]
) -> None:
    adapter = Elm327(VEHICLES[vehicle](), defect=defect, good_commands=good_commands)
    now = SECOND
    for chars, gap in steps:
        now += gap
        adapter.receive(chars, now)
    person = Terminal(adapter)
    person.now = max(now, 0) + 60 * SECOND
    person.type(" ")  # ends a monitor
    person.read()
    assert adapter.next_ns() is None
    if defect in {Defect.NONE, Defect.ECHO, Defect.SLOW, Defect.WRONG_PROTOCOL, Defect.CLONE}:
        assert "ELM327 v" in person.ask("ATZ")
        assert person.ask("ATRV").endswith("12.6V\r\r>")


@given(STEPS, st.sets(st.integers(0, 10 * SECOND), max_size=30), st.sampled_from(Defect))
def test_how_often_it_is_looked_at_changes_nothing(
    steps: list[tuple[bytes, int]], looks: set[int], defect: Defect
) -> None:
    def session(extra: set[int]) -> bytes:
        adapter = Elm327(driven().network(), defect=defect, good_commands=2)
        moments: list[tuple[int, int, bytes]] = []
        now = 0
        for number, (chars, gap) in enumerate(steps):
            now = max(now + gap, now)
            moments.append((now, number, chars))
        moments += [(look, -1, b"") for look in extra]
        seen = b"".join(adapter.receive(chars, at_ns) for at_ns, _, chars in sorted(moments))
        return seen + adapter.receive(b"", now + 100 * SECOND)

    assert session(looks) == session(set())
