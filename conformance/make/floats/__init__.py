"""Coding float (chapter 12)."""
