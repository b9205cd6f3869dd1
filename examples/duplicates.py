"""Similarity and duplicates with a published model: how alike two texts are, and which of many are nearly the same.

    python examples/duplicates.py models/manuals/champion [TEXTS.txt] [--threshold 0.8]

For some ten thousand texts; `domain-ft duplicates` goes further, finds every pair, and tells copies from near ones.
"""

import argparse
import sys
from pathlib import Path

from sentence_transformers import SentenceTransformer
from sentence_transformers.util import paraphrase_mining_embeddings

TEXTS = [
    "Disconnect the negative battery cable.",
    "Disconnect the negative cable of the battery.",
    "Drain the oil while the engine is warm.",
    "Drain the engine oil while it is still warm.",
    "The radar shows heavy rain in red.",
]


def main() -> None:
    """Encode, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of a published model")
    parser.add_argument("texts", type=Path, nargs="?", help="a text a line; a handful if left out")
    parser.add_argument("--threshold", type=float, default=0.8, help="cosine from which on two are duplicates")
    arguments = parser.parse_args()
    if not (arguments.model / "modules.json").is_file():
        sys.exit(f"{arguments.model}: no model is published there; run domain-ft run DOMAIN FILE first")
    if arguments.texts and not arguments.texts.is_file():
        sys.exit(f"{arguments.texts}: no such file; name one with a text a line")
    model = SentenceTransformer(str(arguments.model))
    lines = arguments.texts.read_text("utf-8").split("\n") if arguments.texts else TEXTS
    texts = [line.strip() for line in lines if line.strip()]

    vectors = model.encode(texts, normalize_embeddings=True, convert_to_tensor=True)
    if len(texts) > 1:
        print(f"the first two texts: cosine {float(vectors[0] @ vectors[1]):.3f}")
    pairs = [pair for pair in paraphrase_mining_embeddings(vectors) if pair[0] >= arguments.threshold]
    print(f"{len(pairs)} pairs of {len(texts)} texts at {arguments.threshold} or more")
    for cosine, first, second in pairs[:20]:
        print(f"  {cosine:.3f}  {texts[first]}  |  {texts[second]}")


if __name__ == "__main__":
    main()
