"""What a model understands of everyday language: the sentences, and how they are asked."""
