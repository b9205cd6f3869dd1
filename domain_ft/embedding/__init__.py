"""Embedding models: loading, batches, losses, and `train.py`, the process that trains one."""
