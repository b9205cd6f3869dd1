"""What texts are about: groups of texts that are each other's nearest, with labels, examples and a picture."""
