"""What is asked of a vehicle: from the wish to the result, or to the end without one."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.commands import store
from cloud.commands.model import GRACE, NO_ANSWER, NOT_SENT, SAY_EVERY, Command, CommandState
from cloud.commands.service import CommandService, CommandSettings, Wish
from cloud.commands.store import commands
from cloud.errors import Conflict, NotFound, Refused
from cloud.inbox.aside_store import shelf
from cloud.inbox.commands import AT_ONCE_MAX, Commands
from cloud.inbox.model import Arrival
from cloud.pages import Window
from cloud.security.audit_model import AuditFilter
from edge.wire import downlink
from edge.wire.commands import CommandName
from edge.wire.downlink import Status, decode_down, encode_down
from edge.wire.messages import Result, ResultState
from tests.unit.cloud.services import Cloud, open_cloud
from tests.unit.cloud.vehicle import T0, Speaker, summary

VAN: Final = Speaker()
OTHER: Final = Speaker("van-8")
ID: Final = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
FOR: Final = timedelta(minutes=5)
FINAL: Final = [CommandState.DONE, CommandState.REFUSED, CommandState.FAILED, CommandState.EXPIRED]


@pytest.fixture
def cloud(cloud: Cloud) -> Cloud:
    """With both vehicles."""
    return met(cloud)


def met(cloud: Cloud) -> Cloud:
    """Both vehicles were heard once."""
    cloud.take(VAN.say(summary(1), 1), OTHER.say(summary(1), 1))
    return cloud


def ask(cloud: Cloud, name: str = "capture", of: Speaker = VAN, **arguments: Any) -> Command:
    return cloud.commands.issue(of.address, Wish(name, arguments, FOR), by="ada")


def now(cloud: Cloud, command: Command) -> Command:
    return cloud.commands.command(command.address, command.id)


def look(cloud: Cloud, later: timedelta = timedelta()) -> list[downlink.Command]:
    """What the inbox says at its next look."""
    cloud.now += later
    return [decode_down(downlink.Command, reply.payload) for reply in Commands(cloud.commands.take_due).due(cloud.now)]


def told(command: str, state: ResultState = ResultState.DONE, reason: str = "", **values: Any) -> Result:
    return Result(command=command, state=state, reason=reason, values=values)


def answer(cloud: Cloud, result: Result, seq: int, of: Speaker = VAN) -> None:
    cloud.take(of.say(result, seq, received_at=cloud.now))


def test_a_command_is_said_to_its_vehicle_and_its_result_ends_it(cloud: Cloud) -> None:
    asked = ask(cloud, "log_level", level="debug", minutes=30.0)
    assert (asked.state, asked.sent_at, asked.values) == (CommandState.WAITING, None, None)
    [reply] = Commands(cloud.commands.take_due).due(cloud.now)
    assert (reply.topic, reply.retain) == ("telltale/v1/north/van-7/down/command", False)
    said = decode_down(downlink.Command, reply.payload)
    assert (said.id, said.name, said.arguments) == (asked.id, "log_level", {"level": "debug", "minutes": 30})
    assert (said.issued_at, said.expires_at) == (T0, T0 + FOR)
    assert (now(cloud, asked).state, now(cloud, asked).sent_at) == (CommandState.SENT, T0)
    cloud.now += timedelta(seconds=3)
    answer(cloud, told(asked.id, level="debug"), 10)
    ended = now(cloud, asked)
    assert (ended.state, ended.answered_at, ended.values) == (CommandState.DONE, cloud.now, {"level": "debug"})
    assert look(cloud, SAY_EVERY) == []
    assert (cloud.counts()["commands_issued"], cloud.counts()["commands_done"]) == (1, 1)
    assert "shelved" not in cloud.counts()


def test_an_unanswered_command_is_said_again_every_half_minute_and_not_beyond_its_end(cloud: Cloud) -> None:
    asked = ask(cloud)
    times = [len(look(cloud, timedelta(seconds=1))) for _ in range(int((FOR + GRACE).total_seconds()) + 10)]
    seconds = [second for second, count in enumerate(times, start=1) if count]
    assert seconds == list(range(1, int(FOR.total_seconds()), int(SAY_EVERY.total_seconds())))
    ended = now(cloud, asked)
    assert (ended.state, ended.reason, ended.answered_at, ended.times) == (CommandState.EXPIRED, NO_ANSWER, None, 10)
    assert cloud.counts()["commands_expired"] == 1


def test_what_expired_without_an_answer_is_corrected_by_one_that_comes_still(cloud: Cloud) -> None:
    asked = ask(cloud)
    look(cloud)
    look(cloud, FOR + GRACE)
    look(cloud, timedelta(seconds=1))
    assert now(cloud, asked).state is CommandState.EXPIRED
    answer(cloud, told(asked.id, ResultState.FAILED, "the disk is full"), 10)
    ended = now(cloud, asked)
    assert (ended.state, ended.reason, ended.values) == (CommandState.FAILED, "the disk is full", {})


@pytest.mark.parametrize("state", ResultState)
def test_a_vehicle_ends_a_command_in_any_of_these_states(cloud: Cloud, state: ResultState) -> None:
    asked = ask(cloud)
    answer(cloud, told(asked.id, state, "so it is"), 10)
    ended = now(cloud, asked)
    assert (ended.state, ended.reason) == (CommandState(state), "so it is")
    assert not ended.state.is_open
    assert look(cloud) == []


def test_the_first_result_stays_and_another_one_is_put_on_the_shelf(cloud: Cloud) -> None:
    asked = ask(cloud)
    answer(cloud, told(asked.id, codes=2.0), 10)
    answer(cloud, told(asked.id, codes=2.0), 11)
    assert cloud.rows(shelf) == []
    answer(cloud, told(asked.id, ResultState.FAILED), 12)
    assert now(cloud, asked).values == {"codes": 2.0}
    assert [row["seq"] for row in cloud.rows(shelf)] == [12]
    assert cloud.counts()["commands_done"] == 1
    assert "commands_failed" not in cloud.counts()


def test_a_result_of_no_command_and_of_another_vehicles_is_put_on_the_shelf(cloud: Cloud) -> None:
    asked = ask(cloud)
    answer(cloud, told("f" * 32), 10)
    answer(cloud, told(asked.id), 10, of=OTHER)
    assert [row["kind"] for row in cloud.rows(shelf)] == ["result", "result"]
    assert (cloud.counts()["results_unknown"], cloud.counts()["shelved"]) == (2, 2)
    assert now(cloud, asked).state is CommandState.WAITING


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("reboot", {}, "name: no command is called reboot"),
        ("capture", {"seconds": 5.0}, "arguments.seconds: "),
        ("speak", {"text": "x" * 201}, "arguments.text: "),
        ("log_level", {"level": "debug", "minutes": 1441.0}, "arguments.minutes: "),
    ],
)
def test_what_is_not_on_the_list_is_refused_and_nothing_is_kept(
    cloud: Cloud, name: str, arguments: dict[str, Any], says: str
) -> None:
    with pytest.raises(Refused, match=says):
        ask(cloud, name, **arguments)
    assert cloud.rows(commands) == []


def test_a_vehicle_that_was_never_heard_is_asked_nothing(cloud: Cloud) -> None:
    for act in (
        lambda: ask(cloud, of=Speaker("van-9")),
        lambda: cloud.commands.commands(Speaker("v").address, Window()),
    ):
        with pytest.raises(NotFound, match="nothing was ever heard"):
            act()
    with pytest.raises(NotFound, match="there is no command"):
        cloud.commands.command(VAN.address, ID)


def test_a_request_that_is_repeated_is_one_command(cloud: Cloud) -> None:
    wish = Wish("read_codes", {}, FOR, ID)
    first = cloud.commands.issue(VAN.address, wish, by="ada")
    look(cloud, timedelta(seconds=7))
    again = cloud.commands.issue(VAN.address, wish, by="ada")
    assert (again.id, again.issued_at, again.state) == (ID, first.issued_at, CommandState.SENT)
    for other in (replace(wish, name="capture"), replace(wish, expires_in=2 * FOR)):
        with pytest.raises(Conflict, match="the id of another command"):
            cloud.commands.issue(VAN.address, other, by="ada")
    elsewhere = cloud.commands.issue(OTHER.address, wish, by="ada")
    assert (elsewhere.address, elsewhere.state) == (OTHER.address, CommandState.WAITING)
    assert cloud.counts()["commands_issued"] == len(cloud.rows(commands)) == 2


def test_no_vehicle_is_asked_too_much_at_a_time() -> None:
    with open_cloud(commands_kept=CommandSettings(open_per_vehicle=2)) as cloud:
        met(cloud)
        first = ask(cloud)
        ask(cloud)
        with pytest.raises(Conflict, match="2 commands of vehicle 'van-7' are open, more are not taken: wait"):
            ask(cloud)
        ask(cloud, of=OTHER)
        answer(cloud, told(first.id), 10)
        ask(cloud)
        cloud.now += FOR + GRACE  # the others are over though no look has written that down
        ask(cloud)


def test_the_oldest_make_room_unless_they_are_open() -> None:
    with open_cloud(commands_kept=CommandSettings(per_vehicle=2, kept_for=timedelta(days=1))) as cloud:
        met(cloud)
        elsewhere = ask(cloud, of=OTHER)
        answer(cloud, told(elsewhere.id), 10, of=OTHER)
        still_open = ask(cloud)
        for seq in range(10, 14):
            cloud.now += timedelta(seconds=1)
            answer(cloud, told(ask(cloud).id), seq)
        last = ask(cloud)
        kept = [row["id"] for row in cloud.rows(commands)]
        assert len(kept) == 4
        assert {still_open.id, elsewhere.id, last.id} < set(kept)
        assert cloud.counts()["commands_dropped"] == 3
        cloud.now += timedelta(days=2)
        look(cloud)
        ask(cloud)
        assert [row["id"] for row in cloud.rows(commands)] == [
            cloud.commands.commands(VAN.address, Window()).items[0].id
        ]


def test_a_listing_has_the_latest_first_and_pages(cloud: Cloud) -> None:
    asked = []
    for _ in range(5):
        cloud.now += timedelta(seconds=1)
        asked.append(ask(cloud).id)
    first = cloud.commands.commands(VAN.address, Window(limit=3))
    rest = cloud.commands.commands(VAN.address, Window(limit=3, after=first.after))
    assert [one.id for one in first.items + rest.items] == asked[::-1]
    assert rest.after is None
    assert cloud.commands.commands(OTHER.address, Window()).items == []


def test_who_asked_what_of_which_vehicle_is_in_the_audit(cloud: Cloud) -> None:
    wish = Wish("speak", {"text": "Grüße"}, FOR, ID)
    for _ in range(2):
        cloud.commands.issue(VAN.address, wish, by="ada")
    [entry] = cloud.security.audit.entries(AuditFilter(action="command"), Window()).items
    deed = entry.deed
    assert (deed.by, deed.fleet, deed.subject) == ("ada", "north", "vehicles/north/van-7")
    assert deed.note == f'{ID} speak {{"text": "Grüße"}}'


def test_a_vehicle_that_says_hello_is_told_at_once(cloud: Cloud) -> None:
    asked = ask(cloud)
    assert [said.id for said in look(cloud)] == [asked.id]
    assert look(cloud, timedelta(seconds=1)) == []
    hello = Arrival(VAN.address.status, encode_down(Status(online=True)), cloud.now)
    cloud.take(replace(hello, retained=True), Arrival(OTHER.address.status, hello.payload, cloud.now))
    assert look(cloud) == []
    cloud.take(hello)
    assert [said.id for said in look(cloud)] == [asked.id]
    cloud.now += FOR
    cloud.take(hello)
    assert look(cloud) == []


def test_what_is_said_again_is_said_in_the_order_in_which_it_was_asked(cloud: Cloud) -> None:
    asked = []
    for _ in range(6):
        cloud.now += timedelta(milliseconds=1)
        asked.append(ask(cloud).id)
    assert [said.id for said in look(cloud)] == [said.id for said in look(cloud, SAY_EVERY)] == asked


def test_of_several_clouds_one_is_given_each(cloud: Cloud) -> None:
    ask(cloud)
    other = CommandService(
        cloud.database, cloud.security.audit, CommandSettings(), lambda: cloud.now, must_exist=cloud.fleet.vehicle
    )
    found: list[list[Command]] = []

    def slower(at: datetime, most: int) -> list[Command]:
        found.append(other.take_due(at, most))
        return cloud.commands.take_due(at, most)

    assert Commands(slower).due(cloud.now) == []
    assert [len(one) for one in found] == [1]


def test_what_two_have_read_one_of_them_says(cloud: Cloud) -> None:
    asked = ask(cloud)
    with cloud.database.transaction() as connection:
        [before] = store.due(connection, cloud.now, 10)
        assert store.step(connection, before, before.due(cloud.now))
        assert not store.step(connection, before, before.due(cloud.now))
    assert now(cloud, asked).times == 1


def test_a_look_is_bounded_and_nobody_starves() -> None:
    with open_cloud(commands_kept=CommandSettings(open_per_vehicle=1000, per_vehicle=1000)) as cloud:
        met(cloud)
        ids = [ask(cloud).id for _ in range(AT_ONCE_MAX + 5)]
        late = ask(cloud, of=OTHER)
        looks = [look(cloud, timedelta(seconds=1)) for _ in range(3)]
        assert [len(one) for one in looks] == [AT_ONCE_MAX, 6, 0]
        assert {said.id for one in looks for said in one} == {*ids, late.id}


BARE: Final = Command(VAN.address, ID, CommandName.CAPTURE, {}, "ada", T0, T0 + FOR, CommandState.WAITING, T0)


def test_what_could_never_be_sent_says_so() -> None:
    assert BARE.as_of(T0 + FOR + GRACE).reason == NOT_SENT
    assert BARE.as_of(T0 + FOR).state is CommandState.WAITING


STEPS = st.lists(st.tuples(st.integers(0, 400), st.none() | st.sampled_from(ResultState)), max_size=30)


@given(STEPS)
def test_whatever_happens_a_command_is_said_in_its_time_and_ends_once(
    steps: list[tuple[int, ResultState | None]],
) -> None:
    command, at = BARE, T0
    first: ResultState | None = None
    for seconds, state in steps:
        at += timedelta(seconds=seconds)
        before = command
        if state is None:
            if command.next_at is None or command.next_at > at:
                continue
            command = command.due(at)
            assert (command.times > before.times) == (at < command.expires_at)
        else:
            first = first or state
            command = command.answered(told(ID, state, state), at)
        assert (command.next_at is None) == (not command.state.is_open)
        assert command.next_at is None or command.next_at > at
        assert before.state.is_open or before.answered_at is None or command == before
    assert command.state in FINAL or first is None
    if first is not None:
        assert (command.state, command.reason) == (CommandState(first), first)
    assert not command.as_of(T0 + FOR + GRACE).state.is_open
