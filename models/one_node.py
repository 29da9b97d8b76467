"""One node: trees of whatever kind as a single operator of ONNX, so that a judgement is one call."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper

from models.export import OPSETS

Float32s = npt.NDArray[np.float32]
Array = npt.NDArray[Any]

LEAF: Final = "LEAF"
BRANCH: Final = "BRANCH_LEQ"
IR_VERSION: Final = 8
"""Of 2021: what every onnxruntime that we allow can read."""


@dataclass(frozen=True, slots=True)
class Branches:
    """One tree; all arrays by node, the root first."""

    is_leaf: Array
    feature: Array
    """Place in the row that is asked; of leaves anything."""
    threshold: Array
    """A row goes left where it is at most this."""
    left: Array
    right: Array
    unknown_left: Array
    """Where an unknown goes."""
    value: Array
    """Of leaves: what the tree answers."""


class Nodes:
    """Collects the nodes of trees into the lists that the operator wants."""

    def __init__(self) -> None:
        self._trees = 0
        self._parts: dict[str, list[Any]] = {}

    def add(self, tree: Branches, target: int) -> None:
        """One more tree, which answers for a target."""
        count, number, is_leaf = len(tree.is_leaf), np.arange(len(tree.is_leaf)), tree.is_leaf
        leaves = int(is_leaf.sum())
        self._extend(
            nodes_treeids=np.full(count, self._trees),
            nodes_nodeids=number,
            nodes_featureids=np.where(is_leaf, 0, tree.feature),
            nodes_modes=np.where(is_leaf, LEAF, BRANCH),
            nodes_values=np.where(is_leaf, 0.0, _down(tree.threshold)),
            nodes_truenodeids=np.where(is_leaf, 0, tree.left),
            nodes_falsenodeids=np.where(is_leaf, 0, tree.right),
            nodes_missing_value_tracks_true=np.where(is_leaf, 0, tree.unknown_left),
            target_treeids=np.full(leaves, self._trees),
            target_nodeids=number[is_leaf],
            target_ids=np.full(leaves, target),
            target_weights=tree.value[is_leaf],
        )
        self._trees += 1

    def attributes(self) -> dict[str, list[Any]]:
        """Name and list of each attribute."""
        return self._parts

    def _extend(self, **parts: Array) -> None:
        for name, values in parts.items():
            self._parts.setdefault(name, []).extend(values.tolist())


def as_one_node(nodes: Nodes, name: str, width: int, base: Sequence[float]) -> bytes:
    """An ONNX file that answers (rows, targets) to (rows, width) float32: `base` and the sum of the trees' answers.

    A split goes left where x <= threshold; the threshold is rounded down to float32, which for a float32 x changes no
    decision.
    """
    attributes: dict[str, Any] = nodes.attributes()
    node = helper.make_node(
        "TreeEnsembleRegressor",
        ["rows"],
        ["answers"],
        domain="ai.onnx.ml",
        n_targets=len(base),
        base_values=list(base),
        **attributes,
    )
    graph = helper.make_graph(
        [node],
        name,
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, [None, width])],
        [helper.make_tensor_value_info("answers", TensorProto.FLOAT, [None, len(base)])],
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="telltale-models")
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _down(thresholds: npt.NDArray[np.float64]) -> Float32s:
    """The largest float32 that is not above each."""
    near = thresholds.astype(np.float32)
    return np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near)
