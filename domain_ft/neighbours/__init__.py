"""Texts that say nearly the same, by their embeddings: all pairs above a cosine, and the groups that they make."""
