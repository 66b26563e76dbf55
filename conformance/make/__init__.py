"""The programs that make the vectors, one a vector, over an annotated bit writer."""
