"""A random BERT small enough that a training takes seconds: the base model of tests and of `signal_zero.py`."""

from collections.abc import Iterable
from pathlib import Path

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LETTERS = tuple("abcdefghijklmnopqrstuvwxyz0123456789")
POSITIONS = 64


def make_tiny_model(
    folder: Path,
    words: Iterable[str] = (),
    *,
    hidden_size: int = 32,
    layers: int = 1,
    max_seq_length: int = 16,
    seed: int = 0,
) -> None:
    """Write a BERT with random weights as a sentence-transformers folder.

    Its WordPiece vocabulary is the given words (lower case) and, for all others, single letters and digits.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    vocabulary = _vocabulary(words)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=hidden_size,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=2 * hidden_size,
        max_position_embeddings=POSITIONS,
    )
    plain = folder.with_name(f"{folder.name}-plain")
    BertModel(config).save_pretrained(plain)
    BertTokenizer(vocab={word: number for number, word in enumerate(vocabulary)}).save_pretrained(plain)
    transformer = Transformer(str(plain), max_seq_length=max_seq_length)
    model = SentenceTransformer(modules=[transformer, Pooling(transformer.get_embedding_dimension())], device="cpu")
    model.save_pretrained(str(folder), create_model_card=False)


def make_tiny_cross_encoder(folder: Path, words: Iterable[str] = (), *, seed: int = 0) -> None:
    """Write a BERT with random weights that scores a pair of texts, as a cross-encoder's folder."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    vocabulary = _vocabulary(words)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=POSITIONS,
        initializer_range=0.5,
        num_labels=1,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizer(vocab={word: number for number, word in enumerate(vocabulary)}).save_pretrained(folder)


def _vocabulary(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*SPECIAL, *LETTERS, *(f"##{letter}" for letter in LETTERS), *words]))
