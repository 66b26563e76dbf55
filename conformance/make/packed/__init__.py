"""Packed streams: short units in one unit (3.8)."""
