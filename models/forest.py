"""An isolation forest as one node of ONNX: how many splits single a row out, on average over the trees.

Liu, Ting and Zhou, Isolation Forest, ICDM 2008: the score is 2^(-E(h) / c(n)), h the length of the path to a leaf and
c(n) that of an unsuccessful search among n; the node answers E(h) / c(n), of which little is strange.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import IsolationForest  # type: ignore[import-untyped]  # it ships no types

from edge.detect.onnx import OnnxModel
from models.one_node import Branches, Nodes, as_one_node

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]

EULER: Final = 0.5772156649015329
"""Euler's constant, in the harmonic number H(i) = ln(i) + EULER (Liu, Ting and Zhou, equation 1)."""


def forest_node(forest: IsolationForest, width: int) -> bytes:
    """An ONNX file that answers E(h) / c(n), (rows, 1), to (rows, width) float32.

    Unknowns go where the forest sends them: left, unless its training had unknowns and sent them elsewhere.
    """
    nodes, expected = Nodes(), float(search_length(np.array([forest.max_samples_]))[0])
    share = 1.0 / (len(forest.estimators_) * expected)
    for tree, features in zip(forest.estimators_, forest.estimators_features_, strict=True):
        nodes.add(_branches(tree.tree_, np.asarray(features), share), 0)
    return as_one_node(nodes, "isolation_forest", width, [0.0])


def scores_of(model: OnnxModel, rows: Float32s) -> Float64s:
    """(rows,) between 0 and 1: near 1 is strange, below a half is ordinary."""
    return np.exp2(-model.answers(rows).reshape(len(rows)).astype(np.float64))


def search_length(counts: npt.NDArray[np.integer[Any]]) -> Float64s:
    """c(n), the mean length of an unsuccessful search in a binary tree of n; of one it is 0, of two 1."""
    several = np.maximum(counts, 3).astype(np.float64)
    lengths = 2.0 * (np.log(several - 1.0) + EULER) - 2.0 * (several - 1.0) / several
    return np.where(counts <= 1, 0.0, np.where(counts == 2, 1.0, lengths))


def _branches(tree: Any, features: npt.NDArray[np.int64], share: float) -> Branches:
    is_leaf = tree.children_left < 0
    paths = _depths(tree) + search_length(tree.n_node_samples)
    return Branches(
        is_leaf,
        features[np.where(is_leaf, 0, tree.feature)],
        tree.threshold,
        tree.children_left,
        tree.children_right,
        tree.missing_go_to_left,
        paths * share,
    )


def _depths(tree: Any) -> Float64s:
    """Splits above each node; children come after their parents."""
    depths = np.zeros(tree.node_count)
    for node, children in enumerate(zip(tree.children_left, tree.children_right, strict=True)):
        if children[0] >= 0:
            depths[list(children)] = depths[node] + 1.0
    return depths
