"""Progress: how long work tells whoever waits how far it is; an argument, never a global."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and the total of it (0: not known).

The unit of the two numbers is the caller's own (weights, bytes); they grow while the text
stays the same.  Calls are frequent: a callee that draws must be quick.
"""


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Ignore a report."""
