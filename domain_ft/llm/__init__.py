"""Text generation behind one small protocol: Ollama, or a local model of transformers."""
