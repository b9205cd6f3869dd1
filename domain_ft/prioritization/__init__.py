"""Test case prioritization: which tests of a build to run first."""
