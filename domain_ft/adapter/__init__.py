"""LoRA adapters of causal language models: trained on requirement records, scored by what they write."""
