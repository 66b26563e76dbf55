"""Limits of the caller (chapter 16): kept exactly, and exceeded by one."""
