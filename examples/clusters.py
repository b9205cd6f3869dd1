"""Clusters with a published model: what many texts are about, by scikit-learn's k-means on their embeddings.

    python examples/clusters.py models/manuals/champion [TEXTS.txt] [--clusters 3]

`domain-ft cluster` finds the number of clusters by itself, names them, draws them, and says what belongs nowhere.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

TEXTS = [
    "Disconnect the negative battery cable.",
    "Charge the battery before you start the engine.",
    "Drain the oil while the engine is warm.",
    "Replace the oil filter with every oil change.",
    "The radar shows heavy rain in red.",
    "Tilt the radar antenna to look above the storm.",
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
    """Encode, divide, print each cluster with the texts nearest its centre."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of a published model")
    parser.add_argument("texts", type=Path, nargs="?", help="a text a line; a handful if left out")
    parser.add_argument("--clusters", type=int, default=3)
    arguments = parser.parse_args()
    if not (arguments.model / "modules.json").is_file():
        sys.exit(f"{arguments.model}: no model is published there; run domain-ft run DOMAIN FILE first")
    texts = lines_of(arguments.texts) if arguments.texts else TEXTS
    if not 1 < arguments.clusters < len(texts):
        sys.exit(f"--clusters {arguments.clusters}: expected at least 2, and fewer than there are texts ({len(texts)})")

    model = SentenceTransformer(str(arguments.model))
    vectors = model.encode(texts, normalize_embeddings=True)
    cluster = KMeans(arguments.clusters, n_init=10, random_state=42).fit_predict(vectors)
    if len(set(cluster)) > 1:
        print(f"silhouette {silhouette_score(vectors, cluster, metric='cosine'):.3f}")
    for number in range(arguments.clusters):
        members = np.flatnonzero(cluster == number)
        near = members[np.argsort(-vectors[members] @ vectors[members].sum(axis=0))][:3]
        print(f"cluster {number + 1} (size {len(members)})")
        for place in near:
            print(f"  {texts[place]}")


if __name__ == "__main__":
    main()
