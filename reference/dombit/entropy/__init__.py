"""Entropy coding: tables, tokens, lanes, contexts (chapter 11)."""
