"""Local models, asked the same questions: who answers best, who is fastest, and which one is worth tuning."""
