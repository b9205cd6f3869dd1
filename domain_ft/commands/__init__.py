"""The commands of `domain-ft`, a file for each kind, and what they tell a person at their end."""
