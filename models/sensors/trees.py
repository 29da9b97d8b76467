"""Trees: all experts of a package as one node of ONNX, so that one call answers for every channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper
from sklearn.ensemble import HistGradientBoostingRegressor  # type: ignore[import-untyped]  # it ships no types

from models.export import OPSETS

Float32s = npt.NDArray[np.float32]

LEAF: Final = "LEAF"
BRANCH: Final = "BRANCH_LEQ"


@dataclass(frozen=True, slots=True)
class Expert:
    """Boosted trees that answer for one target."""

    trees: HistGradientBoostingRegressor
    columns: tuple[int, ...]
    """Which columns of the common row it was trained on, in order."""


def one_node(experts: Sequence[Expert], width: int) -> bytes:
    """An ONNX file that answers (rows, experts) to (rows, width) float32, unknowns (NaN) routed as in training.

    A split goes left where x <= threshold; the threshold is rounded down to float32, which for a float32 x changes no
    decision.
    """
    nodes = _Nodes()
    for target, expert in enumerate(experts):
        for (tree,) in expert.trees._predictors:  # noqa: SLF001  # nothing public tells the trees
            nodes.add(tree.nodes, target, expert.columns)
    attributes: dict[str, Any] = nodes.attributes()
    node = helper.make_node(
        "TreeEnsembleRegressor",
        ["rows"],
        ["answers"],
        domain="ai.onnx.ml",
        n_targets=len(experts),
        base_values=[float(np.ravel(expert.trees._baseline_prediction)[0]) for expert in experts],  # noqa: SLF001
        **attributes,
    )
    graph = helper.make_graph(
        [node],
        "virtual_sensors",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, [None, width])],
        [helper.make_tensor_value_info("answers", TensorProto.FLOAT, [None, len(experts)])],
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="telltale-models")
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


IR_VERSION: Final = 8
"""Of 2021: what every onnxruntime that we allow can read."""


class _Nodes:
    """Collects the nodes of trees into the lists that the operator wants."""

    def __init__(self) -> None:
        self._trees = 0
        self._parts: dict[str, list[Any]] = {}

    def add(self, nodes: Any, target: int, columns: Sequence[int]) -> None:
        """One tree: a structured array of nodes, the root first."""
        is_leaf = nodes["is_leaf"].astype(bool)
        count, number = len(nodes), np.arange(len(nodes))
        place = np.asarray(columns, np.int64)
        feature = np.where(is_leaf, 0, place[np.where(is_leaf, 0, nodes["feature_idx"])])
        self._extend(
            nodes_treeids=np.full(count, self._trees),
            nodes_nodeids=number,
            nodes_featureids=feature,
            nodes_modes=np.where(is_leaf, LEAF, BRANCH),
            nodes_values=np.where(is_leaf, 0.0, _down(nodes["num_threshold"])),
            nodes_truenodeids=np.where(is_leaf, 0, nodes["left"]),
            nodes_falsenodeids=np.where(is_leaf, 0, nodes["right"]),
            nodes_missing_value_tracks_true=np.where(is_leaf, 0, nodes["missing_go_to_left"]),
            target_treeids=np.full(int(is_leaf.sum()), self._trees),
            target_nodeids=number[is_leaf],
            target_ids=np.full(int(is_leaf.sum()), target),
            target_weights=nodes["value"][is_leaf],
        )
        self._trees += 1

    def attributes(self) -> dict[str, list[Any]]:
        """Name and list of each attribute."""
        return self._parts

    def _extend(self, **parts: npt.NDArray[Any]) -> None:
        for name, values in parts.items():
            self._parts.setdefault(name, []).extend(values.tolist())


def _down(thresholds: npt.NDArray[np.float64]) -> Float32s:
    """The largest float32 that is not above each."""
    near = thresholds.astype(np.float32)
    return np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near)
