"""The starter base model: a small Llama for trying adapters where no model can be fetched. A demonstration model."""
