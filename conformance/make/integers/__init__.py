"""Coding int (chapter 12)."""
