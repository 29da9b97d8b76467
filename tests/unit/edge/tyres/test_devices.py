"""Which of what BlueZ tells is a new word, and that nothing that it tells does harm."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edge.tyres.devices import DEVICES_MAX, WORDS_MAX, Devices, address_of, path_of

PATH = "/org/bluez/hci0/dev_80_EA_CA_10_8A_78"
ADDRESS = "80:EA:CA:10:8A:78"


def says(**words: bytes) -> dict[str, Any]:
    return {"ManufacturerData": {int(company[1:]): data for company, data in words.items()}}


def test_what_is_remembered_and_how_loud_it_is_are_no_news() -> None:
    devices = Devices()
    devices.known(PATH, {**says(c1=b"old"), "Name": "BR"})
    assert devices.changed(PATH, {"RSSI": -70}) is None
    heard = devices.changed(PATH, says(c1=b"new"))
    assert heard is not None
    assert (heard.address, heard.manufacturer, heard.name) == (ADDRESS, {1: b"new"}, "BR")


def test_of_several_words_the_one_that_changed_is_new() -> None:
    devices = Devices()
    devices.known(PATH, says(c1=b"parked"))
    heard = devices.changed(PATH, says(c1=b"parked", c2=b"rolls"))
    assert heard is not None
    assert heard.manufacturer == {2: b"rolls"}
    again = devices.changed(PATH, says(c1=b"parked", c2=b"rolls"))
    assert again is not None
    assert again.manufacturer == {1: b"parked", 2: b"rolls"}, "which of both was said again cannot be known"


def test_the_same_word_again_is_a_word() -> None:
    devices = Devices()
    for _ in range(2):
        heard = devices.changed(PATH, says(c1=b"same"))
        assert heard is not None
        assert heard.manufacturer == {1: b"same"}


def test_name_and_services_are_kept_until_it_is_forgotten() -> None:
    devices = Devices()
    devices.changed(PATH, {"Name": "BR", "UUIDs": ["000027A5-0000-1000-8000-00805F9B34FB"]})
    heard = devices.changed(PATH, says(c1=b"x"))
    assert heard is not None
    assert (heard.name, heard.services) == ("BR", frozenset({"000027a5-0000-1000-8000-00805f9b34fb"}))
    devices.gone(PATH)
    devices.gone(PATH)
    heard = devices.changed(PATH, says(c1=b"x"))
    assert heard is not None
    assert (heard.name, heard.services) == ("", frozenset())


def test_of_a_whole_town_the_last_are_remembered() -> None:
    devices = Devices()
    for number in range(DEVICES_MAX + 3):
        devices.changed(f"/org/bluez/hci0/dev_{number}", {"Name": "BR"})
    assert devices.forgotten == 3
    words = {f"c{number}": b"x" for number in range(40)}
    heard = devices.changed(PATH, says(**words))
    assert heard is not None
    assert len(heard.manufacturer) == WORDS_MAX


def test_what_is_no_device_has_no_address() -> None:
    assert address_of(PATH) == ADDRESS
    assert path_of("/org/bluez/hci0", ADDRESS) == PATH
    assert address_of("/org/bluez/hci0") is None
    assert Devices().changed("/org/bluez/hci0/other", says(c1=b"x")) is None


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers() | st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(st.sampled_from(["ManufacturerData", "Name", "UUIDs", "RSSI"]), ANY), max_size=8))
def test_whatever_it_tells_nothing_is_raised(told: list[dict[str, Any]]) -> None:
    devices = Devices()
    for properties in told:
        heard = devices.changed(PATH, properties)
        assert heard is None or all(isinstance(data, bytes) for data in heard.manufacturer.values())
