"""Features that 0.1 reserves."""
