"""Coding uniform and reconstruction (chapters 12 and 14)."""
