"""Signature, units, tables, index, end (chapters 3 and 9)."""
