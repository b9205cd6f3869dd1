"""Semantic search with a published model: passages into a LanceDB index, and several questions asked of it at once.

    python examples/semantic_search.py models/manuals/champion [PASSAGES.txt] [--ask "how is it cleaned"]

The folder is a plain sentence-transformers model, and its index needs nothing of this project. A question and a
passage are encoded by the model's own prompts, where it has some.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import lancedb
from sentence_transformers import SentenceTransformer

PASSAGES = [
    "Disconnect the negative battery cable before any work on the starter.",
    "Drain the oil while the engine is warm, then replace the filter.",
    "The radar shows moderate rain in yellow and heavy rain in red.",
    "Check the tension of the fan belt; it should give by ten millimetres.",
]
QUESTIONS = ["how do I change the oil", "what does red mean on the screen"]


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
    """Index, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of a published model")
    parser.add_argument("passages", type=Path, nargs="?", help="a passage a line; a handful if left out")
    parser.add_argument("--ask", nargs="+", default=QUESTIONS, help="questions")
    arguments = parser.parse_args()
    if not (arguments.model / "modules.json").is_file():
        sys.exit(f"{arguments.model}: no model is published there; run domain-ft run DOMAIN FILE first")
    passages = lines_of(arguments.passages) if arguments.passages else PASSAGES
    model = SentenceTransformer(str(arguments.model))

    vectors = model.encode_document(passages, normalize_embeddings=True)
    rows = [{"text": text, "vector": vector} for text, vector in zip(passages, vectors, strict=True)]
    with tempfile.TemporaryDirectory() as folder:  # name a folder of your own to keep the index
        table = lancedb.connect(folder).create_table("passages", rows)
        for question, vector in zip(
            arguments.ask, model.encode_query(arguments.ask, normalize_embeddings=True), strict=True
        ):
            print(question)
            for found in table.search(vector).distance_type("cosine").limit(3).to_list():
                print(f"  {1 - found['_distance']:.3f}  {found['text']}")


if __name__ == "__main__":
    main()
