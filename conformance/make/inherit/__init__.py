"""Structures and skeletons that a DoM inherits (13.7, 13.8)."""
