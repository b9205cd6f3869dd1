"""Folders that hold a model, whether it embeds or writes text: found or fetched, looked at, and told apart."""
