"""Walks: places of changes from gaps within walk classes."""

from __future__ import annotations

import numpy as np
import pytest

from dombit import compiled, fast_walks
from dombit.errors import DombitError
from dombit.prediction import walks

TWINS = [walks.places, fast_walks.places] if compiled.available() else [walks.places]
RANDOM = np.random.default_rng(13)


@pytest.mark.parametrize("places", TWINS)
@pytest.mark.parametrize("share", [0, 0.001, 0.02, 0.5, 1])
@pytest.mark.parametrize("size", [1, 63, 64, 65, 5000])
def test_gaps_lead_to_the_changes_that_they_come_from(places, share: float, size: int) -> None:  # type: ignore[no-untyped-def]
    """Few changes and many, at the ends of words and of classes, and classes without any."""
    classes = RANDOM.choice(np.array([0, 1, 3, 15], np.uint8), size, p=[0.9, 0.05, 0.04, 0.01])
    changed = RANDOM.random(size) < share
    changed[[0, -1]] |= share > 0
    found, gaps, changes = [], [], np.zeros(16, np.int64)
    for walk_class in range(16):
        members = np.flatnonzero(classes == walk_class)
        ranks = np.flatnonzero(changed[members])
        found.append(members[ranks])
        gaps.append(np.diff(ranks, prepend=-1) - 1)
        changes[walk_class] = ranks.size
    back = places(classes, changes, np.concatenate(gaps))
    assert back.tolist() == np.concatenate(found).tolist()


@pytest.mark.parametrize("places", TWINS)
@pytest.mark.parametrize("gaps", [[0, 2], [3, 0], [1 << 31, 0]])
def test_gaps_beyond_a_class_are_refused(places, gaps: list[int]) -> None:  # type: ignore[no-untyped-def]
    """Two changes need a class of as many elements as their gaps skip, and two."""
    classes = np.array([0, 1, 1, 0, 1], np.uint8)
    changes = np.array([0, 2], np.int64)
    with pytest.raises(DombitError, match=r"of 3 of walk class 1") as caught:
        places(classes, changes, np.array(gaps, np.int64))
    assert caught.value.rule == "R-SEG-047"


@pytest.mark.parametrize("places", TWINS)
def test_a_class_that_has_no_elements(places) -> None:  # type: ignore[no-untyped-def]
    """A change of a class that does not occur is refused, also in a segment of no elements."""
    for classes in (np.zeros(3, np.uint8), np.zeros(0, np.uint8)):
        with pytest.raises(DombitError, match="element 0 of 0 of walk class 1"):
            places(classes, np.array([0, 1], np.int64), np.zeros(1, np.int64))
