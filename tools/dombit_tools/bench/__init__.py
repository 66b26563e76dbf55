"""Bench: sizes, seconds and memory of whole models, each measured in a process of its own."""
