"""Triplets from a test execution history, and a funnel that says why each test is in or out."""
