"""How far clusters of a domain's passages are its known parts, beside two peers; one JSON line.

    python benchmarks/clusters.py DOMAIN [--seeds 10]

The passages must have landed in `DOMAIN_FT_HOME`; the parts are their sub-domains, or where there are none their
documents. The peers are told how many parts there are, which ours is not: k-means on TF-IDF (100 components), and
k-means on the same embeddings. V-measure and adjusted Rand index are means over seeds; texts that ours says belong
nowhere count as a cluster of their own, and once more are left out.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import adjusted_rand_score, v_measure_score

from domain_ft.clusters.communities import NOWHERE, find_communities
from domain_ft.domains import find_embedding_domain
from domain_ft.progress import silent
from domain_ft.store.home import Home
from domain_ft.training.device import prepare_threads
from domain_ft.uses.listed_texts import embeddings_of, listed_texts
from domain_ft.uses.used_model import model_in_use

COMPONENTS = 100
Cluster = Callable[[int], Any]
"""A seed to the cluster of each text."""


def agreement(parts: Sequence[str], cluster: Cluster, seeds: int) -> Mapping[str, float]:
    """Means over seeds, and how many clusters there are."""
    start = time.perf_counter()
    found = [np.asarray(cluster(seed)) for seed in range(seeds)]
    seconds = (time.perf_counter() - start) / seeds
    return {
        "clusters": float(np.mean([len(set(each.tolist()) - {NOWHERE}) for each in found])),
        "v_measure": round(float(np.mean([v_measure_score(parts, each) for each in found])), 3),
        "v_deviation": round(float(np.std([v_measure_score(parts, each) for each in found])), 3),
        "adjusted_rand": round(float(np.mean([adjusted_rand_score(parts, each) for each in found])), 3),
        "rand_deviation": round(float(np.std([adjusted_rand_score(parts, each) for each in found])), 3),
        "seconds": round(seconds, 2),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("domain")
    parser.add_argument("--seeds", type=int, default=10)
    arguments = parser.parse_args()
    prepare_threads()
    domain, home = find_embedding_domain(arguments.domain), Home.from_environment()
    listed = listed_texts(domain, home)
    used = model_in_use(domain, home)
    vectors = embeddings_of(listed, used, silent)
    parts = [part or "unknown" for part in listed.parts]
    known = len(set(parts))
    counted = TfidfVectorizer(min_df=2, sublinear_tf=True, stop_words="english").fit_transform(listed.texts)
    components = TruncatedSVD(COMPONENTS, random_state=0).fit_transform(counted)
    ours = find_communities(vectors, seed=0).cluster
    inside = ours != NOWHERE
    print(
        json.dumps({
            "benchmark": "clusters",
            "load_average": round(os.getloadavg()[0], 1),
            "domain": arguments.domain,
            "model": used.name,
            "texts": len(listed),
            "parts": known,
            "ours": agreement(parts, lambda seed: find_communities(vectors, seed=seed).cluster, arguments.seeds),
            "nowhere_share": round(float((~inside).mean()), 3),
            "ours_without_nowhere": agreement(
                [part for part, one in zip(parts, inside.tolist(), strict=True) if one], lambda seed: ours[inside], 1
            ),
            "kmeans_tfidf": agreement(
                parts,
                lambda seed: KMeans(known, n_init=10, random_state=seed).fit_predict(components),
                arguments.seeds,
            ),
            "kmeans_embeddings": agreement(
                parts, lambda seed: KMeans(known, n_init=10, random_state=seed).fit_predict(vectors), arguments.seeds
            ),
        })
    )  # fmt: skip


if __name__ == "__main__":
    main()
