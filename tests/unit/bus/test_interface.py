"""Which interface is opened with what, and what its errors mean."""

import errno

import pytest

from edge.bus.interface import Interface
from edge.bus.library import can
from edge.bus.spec import SourceSpec
from edge.errors import BusDown, ConfigError
from tests.unit.bus.flaky import FlakyBus


def interface(text: str) -> Interface:
    return Interface.of(SourceSpec.parse(text))


def test_options_go_to_the_interface_as_what_they_look_like() -> None:
    found = interface("pythoncan:udp_multicast:239.0.0.1?port=43113&fd=off")
    assert (found.kind, found.channel, found.name) == ("udp_multicast", "239.0.0.1", "239.0.0.1")
    assert found.options == {"hop_limit": 0, "port": 43113, "fd": False}


def test_multicast_stays_on_the_machine_unless_told_otherwise() -> None:
    assert interface("pythoncan:udp_multicast:239.0.0.1?hop_limit=2").options == {"hop_limit": 2}


def test_can_is_socketcan_whose_bit_rate_is_set_by_others() -> None:
    found = interface("can:can0?bitrate=500000&fd=on&name=powertrain&send=on")
    assert (found.kind, found.channel, found.name) == ("socketcan", "can0", "powertrain")
    assert found.options == {"fd": True}


def test_it_listens_only_unless_it_is_told_to_send(flaky_bus: type[FlakyBus]) -> None:
    for text in ("pythoncan:slcan:/dev/ttyUSB0?bitrate=500000", "pythoncan:slcan:/dev/ttyUSB0?send=on"):
        interface(text).open().shutdown()
    interface("pythoncan:slcan:/dev/ttyUSB0").sending().open().shutdown()
    assert flaky_bus.opened == [
        {"bitrate": 500000, "listen_only": True},
        {"listen_only": False},
        {"listen_only": False},
    ]


@pytest.mark.parametrize("kind", ["cantact", "kvaser", "nixnet", "pcan", "seeedstudio", "slcan", "systec", "vector"])
def test_whoever_can_be_quiet_is(kind: str) -> None:
    quiet, loud = interface(f"pythoncan:{kind}:0"), interface(f"pythoncan:{kind}:0?send=on")
    assert quiet.options
    assert not loud.options
    assert not quiet.sending().options


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        ("pythoncan:socketcam:can0", "no interface 'socketcam'", "socketcan"),
        ("pythoncan:virtual", "no channel is named", "pythoncan:virtual:CHANNEL"),
        ("pythoncan:udp_multicast:192.0.2.1", "192.0.2.1 is no multicast group", "239.0.0.0"),
        ("pythoncan:udp_multicast:vcan0", "vcan0 is no multicast group", "239.0.0.0"),
    ],
)
def test_what_names_no_interface_is_refused(text: str, problem: str, remedy: str) -> None:
    with pytest.raises(ConfigError) as caught:
        interface(text)
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy
    assert caught.value.place == text


@pytest.mark.parametrize(
    "error",
    [
        can.CanInterfaceNotImplementedError("The serial module is not installed"),
        ImportError("Please install python-ics"),
        NameError("name 'canGetNumberOfChannels' is not defined"),
        OSError("pcanbasic library not found."),
        OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol"),
        TypeError("__init__() got an unexpected keyword argument 'prot'"),
        ValueError("bitrate out of range"),
    ],
    ids=repr,
)
def test_what_trying_again_cannot_mend_is_a_mistake(flaky_bus: type[FlakyBus], error: Exception) -> None:
    flaky_bus.refusals.append(error)
    with pytest.raises(ConfigError) as caught:
        interface("pythoncan:flaky:x").open()
    assert str(error) in str(caught.value)
    assert caught.value.place == "pythoncan:flaky:x"
    assert caught.value.remedy


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENODEV, "No such device"),
        OSError(errno.ENETDOWN, "Network is down"),
        can.CanInitializationError("could not create or configure socket"),
    ],
    ids=repr,
)
def test_what_may_come_back_is_an_outage(flaky_bus: type[FlakyBus], error: Exception) -> None:
    flaky_bus.refusals.append(error)
    with pytest.raises(BusDown, match="pythoncan:flaky:x: "):
        interface("pythoncan:flaky:x").open()


def test_a_driver_that_is_missing_here_is_named() -> None:
    with pytest.raises(ConfigError, match="no driver for it"):
        interface("pythoncan:neousys:0").open()
