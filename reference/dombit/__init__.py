"""dombit: models and their differences as an open bitstream."""
