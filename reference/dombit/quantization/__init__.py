"""Quantisation: elements as symbols, exactly or with a step (chapter 12)."""
