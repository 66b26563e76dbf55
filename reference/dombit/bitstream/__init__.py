"""Bitstream: units, their payloads, and the one description of both (chapters 3 to 9)."""
