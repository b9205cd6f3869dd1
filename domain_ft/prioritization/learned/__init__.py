"""Orders that are learned: gradient-boosted ranking, and a network over embeddings and history."""
