"""domain_ft: turn a team's own text into better embedding models and LoRA adapters, and prove it each time."""

__version__ = "0.1.0"
