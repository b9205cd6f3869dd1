"""Handing a tuned language model on: merged, as GGUF, to Ollama."""
