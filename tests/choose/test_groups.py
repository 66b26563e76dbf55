"""Groups: which tensors become aliases, and which share a group."""

from __future__ import annotations

import numpy as np

from dombit.choose.groups import SMALL_GROUP, find_duplicates, plan_model, source_digests
from dombit.models.arrays import tensors_from_state_dict
from dombit.records import CONSTANT, FLOAT, STORED, UNIFORM, ModelFile

RANDOM = np.random.default_rng(1)
WEIGHTS = RANDOM.normal(0, 1, (30, 40)).astype(np.float32)


def model(**tensors: np.ndarray) -> ModelFile:
    """Return a model without skeleton."""
    return ModelFile(carrier=0, tensors=tensors_from_state_dict(tensors), skeleton=None)


def test_a_quantised_tensor_is_no_duplicate_of_a_kept_one() -> None:
    """Of three equal tensors the two that are treated alike become one."""
    three = model(a=WEIGHTS, b=WEIGHTS.copy(), c=WEIGHTS.copy())
    digests = source_digests(three)
    plain = find_duplicates(three.tensors, digests, {})
    assert [tensor.alias is not None for tensor in plain] == [False, True, True]
    mixed = find_duplicates(three.tensors, digests, {0: (2048, -20), 2: (2048, -20)})
    assert [tensor.alias is not None for tensor in mixed] == [False, False, True]
    assert mixed[2].alias is not None and mixed[2].alias.target == 0


def test_groups_are_of_one_coding_and_dtype() -> None:
    """Each draft has one coding; together they hold each tensor once, in coded order."""
    mixed = model(
        a=WEIGHTS, b=np.zeros(50, np.float32), c=WEIGHTS.astype(np.float16), d=np.zeros((0, 3)),
        e=RANDOM.integers(0, 1 << 32, 99, np.uint32), f=WEIGHTS + 1,
    )  # fmt: skip
    plan = plan_model(mixed, 1, source_digests(mixed), {5: (2048, -14)})
    codings = {choice.number: draft.coding for draft in plan.drafts for choice in draft.choices}
    assert codings == {0: FLOAT, 1: CONSTANT, 2: FLOAT, 3: STORED, 4: STORED, 5: UNIFORM}
    order = [choice.number for draft in plan.drafts for choice in draft.choices]
    assert order == plan.structure.coded_order.tolist()


def test_groups_of_small_tensors_are_small() -> None:
    """Small tensors share groups that one range read can take."""
    many = model(**{f"t{n:03}": RANDOM.normal(0, 1, 4000).astype(np.float32) for n in range(40)})
    plan = plan_model(many, 1, source_digests(many), {})
    sizes = [
        sum(many.tensors[choice.number].byte_size for choice in draft.choices)
        for draft in plan.drafts
    ]
    assert len(sizes) > 1 and max(sizes) <= SMALL_GROUP
