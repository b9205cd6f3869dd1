"""A better way to ask a model for requirements: instructions and examples, searched for with DSPy's MIPROv2."""
