"""The command, where only the package is at hand: `python -m dombit`."""

from __future__ import annotations

from dombit.cli import program

program()
