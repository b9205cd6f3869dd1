"""Requirement records: what is wrong with them, and what of that can be repaired."""
