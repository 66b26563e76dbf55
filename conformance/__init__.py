"""The conformance suite of dombit: vectors, the programs that make them, a scalar decoder.

Nothing here imports the package `dombit`: the suite is a second reading of the text.
"""
