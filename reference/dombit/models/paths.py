"""Paths: names of what lies in nested mappings and sequences (chapter 10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

MAX_DEPTH = 100
"""Containers inside each other; deeper ones are no checkpoint that anybody saved."""


class Unwalkable(Exception):  # noqa: N818 - a walk that ends, not a fault of the source
    """What was not understood, so that the file is carried whole; the text says what."""


def leaves(
    tree: object, is_leaf: Callable[[Any], bool], most: int
) -> list[tuple[tuple[object, ...], Any]]:
    """Return (path, leaf) of all leaves, in walk order; at most `most` containers' items.

    Containers are mappings, lists and tuples; whatever else is no leaf is passed over. Items
    count as often as they are reached, since containers that are shared could make them many.
    """
    found: list[tuple[tuple[object, ...], Any]] = []
    pending: list[tuple[tuple[object, ...], Any]] = [((), tree)]
    budget = most
    while pending:
        path, node = pending.pop()
        if is_leaf(node):
            found.append((path, node))
            continue
        items = _items(node)
        budget -= len(items)
        if budget < 0 or len(path) > MAX_DEPTH:
            raise Unwalkable("containers nested too deep, or shared too often")
        pending.extend(((*path, key), item) for key, item in reversed(items))
    return found


def _items(node: object) -> list[tuple[object, Any]]:
    """Return the items of a container, none of anything else."""
    if isinstance(node, Mapping):
        return list(node.items())
    if isinstance(node, (list, tuple)):
        return list(enumerate(node))
    return []


def joined(path: tuple[object, ...]) -> str:
    """Return what a path is called: keys as they are, integers in decimal, joined by ".".

    The path of a checkpoint that is one bare tensor is empty (naming makes it "unnamed").
    """
    for part in path:
        if isinstance(part, bool) or not isinstance(part, (str, int)):
            raise Unwalkable(f"a tensor under a key that is no string or integer: {part!r:.40}")
    return ".".join(str(part) for part in path)


def is_optimiser(path: tuple[object, ...]) -> bool:
    """Return whether a path lies under a top-level key such as "optimizer_state"."""
    return bool(path) and isinstance(path[0], str) and path[0].lower().startswith("optim")
