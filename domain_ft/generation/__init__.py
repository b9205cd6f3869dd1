"""Query-passage pairs made of documents: asked of a local language model, or by rules from a manual's sections."""
