"""What the manifests of published models say that they are, as far as others than their makers ask."""

ADAPTER_KIND = "lora_adapter"
"""A LoRA adapter."""
