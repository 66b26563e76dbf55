"""Predicted tensors for tests: a root and a model, their draft, and what a planner needs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dombit.choose.classes import ClassChoice
from dombit.choose.codings import tensor_patterns
from dombit.choose.drafts import Draft, begin
from dombit.choose.looks import Parts, look_at, parts_of
from dombit.models.arrays import tensors_from_state_dict
from dombit.prediction.root import Root
from dombit.predictor import Predictor
from dombit.recipe import GroupDraft, TensorChoice
from dombit.records import INT, Structure
from dombit.splitting import Source


def predicted(
    root: np.ndarray, model: np.ndarray, splits: tuple[int, int] = (1, 2), *, sparse: bool = False
) -> tuple[GroupDraft, Structure, Source]:
    """Return a draft of one tensor as an integer difference from its root."""
    (held,), (tensor,) = (tensors_from_state_dict({"t": array}) for array in (root, model))
    data = held.data
    assert data is not None
    found = Root(tensors=(replace(held, data=None),), data=lambda _: data, model_digest=b"")
    predictor = Predictor(root=found, numbers=np.zeros(1, np.int64), tensors=(tensor,))
    choice = TensorChoice(
        number=0,
        coding=INT,
        split_rows=splits[0],
        split_columns=splits[1],
        predicted=True,
        sparse=sparse,
    )
    structure = Structure(
        tensors=(replace(tensor, data=None),),
        coded_order=np.zeros(1, np.int64),
        output_bytes=tensor.byte_size,
    )
    patterns = tensor_patterns(tensor)
    source = Source(
        patterns=lambda _: patterns,
        levels=lambda *_: np.zeros(0, np.int32),
        predictor=predictor,
    )
    return GroupDraft(coding=INT, choices=(choice,)), structure, source


def begun(
    root: np.ndarray, model: np.ndarray, splits: tuple[int, int] = (1, 2)
) -> tuple[Draft, Source]:
    """Return the draft of a dense group on its way, and where its elements come from."""
    draft, structure, source = predicted(root, model, splits)
    return begin(draft, structure, 0, source, 1), source


def uneven(
    shape: tuple[int, ...], seed: int, dtype: type = np.float32, octaves: int = 8, size: float = -6
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights, and the same after an update whose size differs from row to row."""
    random = np.random.default_rng(seed)
    root = random.normal(0, 0.1, shape).astype(dtype)
    scale = np.exp2(size - random.integers(0, octaves + 1, shape[0]))
    update = random.normal(0, 0.1, shape) * scale.reshape(-1, *[1] * (len(shape) - 1))
    return root, (root.astype(np.float64) + update).astype(dtype)


def parts(root: np.ndarray, model: np.ndarray) -> Parts:
    """Return the parts of a look at one predicted tensor."""
    draft, source = begun(root, model)
    return parts_of(look_at(draft.context([ClassChoice()]), [0], source))
