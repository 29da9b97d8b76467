"""Trees: all experts of a package as one node of ONNX, so that one call answers for every channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor  # type: ignore[import-untyped]  # it ships no types

from models.one_node import Branches, Nodes, as_one_node


@dataclass(frozen=True, slots=True)
class Expert:
    """Boosted trees that answer for one target."""

    trees: HistGradientBoostingRegressor
    columns: tuple[int, ...]
    """Which columns of the common row it was trained on, in order."""


def one_node(experts: Sequence[Expert], width: int) -> bytes:
    """An ONNX file that answers (rows, experts) to (rows, width) float32, unknowns (NaN) routed as in training."""
    nodes = Nodes()
    for target, expert in enumerate(experts):
        for (tree,) in expert.trees._predictors:  # noqa: SLF001  # nothing public tells the trees
            nodes.add(_branches(tree.nodes, expert.columns), target)
    base = [float(np.ravel(expert.trees._baseline_prediction)[0]) for expert in experts]  # noqa: SLF001
    return as_one_node(nodes, "virtual_sensors", width, base)


def _branches(nodes: Any, columns: Sequence[int]) -> Branches:
    """A boosted tree, a structured array of nodes, its features by their place in the common row."""
    is_leaf = nodes["is_leaf"].astype(bool)
    place = np.asarray(columns, np.int64)
    return Branches(
        is_leaf,
        place[np.where(is_leaf, 0, nodes["feature_idx"])],
        nodes["num_threshold"],
        nodes["left"],
        nodes["right"],
        nodes["missing_go_to_left"],
        nodes["value"],
    )
