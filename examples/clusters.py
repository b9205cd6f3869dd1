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


def main() -> None:
    """Encode, divide, print each cluster with the texts nearest its centre."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of a published model")
    parser.add_argument("texts", type=Path, nargs="?", help="a text a line; a handful if left out")
    parser.add_argument("--clusters", type=int, default=3)
    arguments = parser.parse_args()
    if not (arguments.model / "modules.json").is_file():
        sys.exit(f"{arguments.model}: no model is published there; run domain-ft run DOMAIN FILE first")
    if arguments.texts and not arguments.texts.is_file():
        sys.exit(f"{arguments.texts}: no such file; name one with a text a line")
    model = SentenceTransformer(str(arguments.model))
    lines = arguments.texts.read_text("utf-8").split("\n") if arguments.texts else TEXTS
    texts = [line.strip() for line in lines if line.strip()]
    if not 1 < arguments.clusters < len(texts):
        sys.exit(f"--clusters {arguments.clusters}: there are {len(texts)} texts; name a number from 2 to one fewer")

    vectors = model.encode(texts, normalize_embeddings=True)
    cluster = KMeans(arguments.clusters, n_init=10, random_state=42).fit_predict(vectors)
    if len(set(cluster)) > 1:
        print(f"silhouette {silhouette_score(vectors, cluster, metric='cosine'):.3f}")
    for number in range(arguments.clusters):
        members = np.flatnonzero(cluster == number)
        near = members[np.argsort(-vectors[members] @ vectors[members].sum(axis=0))][:3]
        print(f"cluster {number + 1}: {len(members)} texts")
        for place in near:
            print(f"  {texts[place]}")


if __name__ == "__main__":
    main()
