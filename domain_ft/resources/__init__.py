"""Dagster resources: the state root, the compute device and trainer, MLflow, and Ollama."""
