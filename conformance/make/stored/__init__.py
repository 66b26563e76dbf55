"""Coding stored (chapter 12)."""
