"""Segments and lanes (chapters 7 and 11)."""
