"""A training is a process of its own: job file, supervision, progress, checkpoints, device and precision."""
