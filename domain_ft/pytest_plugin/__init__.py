"""Closes the loop between a project's pytest runs and its history: orders tests, and hands the results back."""
