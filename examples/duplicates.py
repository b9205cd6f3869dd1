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


def lines_of(file: Path) -> list[str]:
    """The texts of a file, one a line; a sentence where there is none."""
    try:
        texts = [line.strip() for line in file.read_text("utf-8-sig").split("\n") if line.strip()]
    except UnicodeDecodeError:
        sys.exit(f"{file}: is not UTF-8; save it as UTF-8")
    except OSError as error:
        sys.exit(f"{file}: {error.strerror}; name a file with a text a line")
    if not texts:
        sys.exit(f"{file}: holds no text; write one a line")
    return texts


def main() -> None:
    """Encode, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of a published model")
    parser.add_argument("texts", type=Path, nargs="?", help="a text a line; a handful if left out")
    parser.add_argument("--threshold", type=float, default=0.8, help="cosine from which on two are duplicates")
    arguments = parser.parse_args()
    if not (arguments.model / "modules.json").is_file():
        sys.exit(f"{arguments.model}: no model is published there; run domain-ft run DOMAIN FILE first")
    texts = lines_of(arguments.texts) if arguments.texts else TEXTS
    model = SentenceTransformer(str(arguments.model))

    vectors = model.encode(texts, normalize_embeddings=True, convert_to_tensor=True)
    if len(texts) > 1:
        print(f"the first two texts: cosine {float(vectors[0] @ vectors[1]):.3f}")
    pairs = [pair for pair in paraphrase_mining_embeddings(vectors) if pair[0] >= arguments.threshold]
    print(f"{len(pairs)} of {len(texts) * (len(texts) - 1) // 2} pairs at {arguments.threshold} or more")
    for cosine, first, second in pairs[:20]:
        print(f"  {cosine:.3f}  {texts[first]}  |  {texts[second]}")


if __name__ == "__main__":
    main()
