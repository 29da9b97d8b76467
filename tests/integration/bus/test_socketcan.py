"""SocketCAN interfaces that are not there, on kernels with CAN and without."""

import socket

import pytest

from edge.bus.interface import Interface
from edge.bus.pythoncan import PythonCanSource
from edge.bus.spec import SourceSpec
from edge.errors import BusDown, ConfigError


def has_can() -> bool:
    try:
        socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(has_can(), reason="this kernel has CAN")
def test_a_kernel_without_can_is_a_mistake_of_the_installer() -> None:
    with pytest.raises(ConfigError, match=r"can:can0: this machine has no driver for it") as caught:
        PythonCanSource(Interface.of(SourceSpec.parse("can:can0")))
    assert "another interface" in caught.value.remedy


@pytest.mark.skipif(not has_can(), reason="this kernel has no CAN")
def test_an_interface_that_is_not_there_yet_is_waited_for() -> None:
    source = PythonCanSource(Interface.of(SourceSpec.parse("can:telltale9")))
    with pytest.raises(BusDown, match="No such device"):
        source.read(0.0)
    source.close()
