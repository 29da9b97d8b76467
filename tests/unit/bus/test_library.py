"""python-can without what only its MF4 reader needs."""

import importlib.util
import subprocess
import sys

import pytest

from edge.bus.library import absent

LOADED = """
import sys
import edge.bus.pythoncan
assert not {"asammdf", "pandas"} & set(sys.modules)
"""


@pytest.mark.skipif(not importlib.util.find_spec("asammdf"), reason="no asammdf, as on a box")
def test_a_bus_loads_neither_asammdf_nor_pandas_although_they_are_there() -> None:
    subprocess.run([sys.executable, "-c", LOADED], check=True)


def test_what_is_absent_for_a_while_is_there_again() -> None:
    sys.modules.pop("this", None)
    with absent("this"), pytest.raises(ImportError):
        __import__("this")
    assert "this" not in sys.modules


def test_what_is_loaded_stays() -> None:
    with absent("pytest"):
        assert sys.modules["pytest"] is pytest
    assert sys.modules["pytest"] is pytest
