"""Which model a domain is served by, and with what its embeddings are remembered."""

import numpy as np

from domain_ft.domains import find_embedding_domain
from domain_ft.store.home import Home
from domain_ft.uses.used_model import foreign_model, model_in_use
from domain_ft_tests.tiny_model import make_tiny_model

TINY = find_embedding_domain("manuals").with_overrides(
    {"training.base_model": "tiny", "training.max_seq_length": 16, "training.device": "cpu"}
)


def test_before_there_is_a_champion_the_base_is_used_and_that_is_said(home: Home) -> None:
    make_tiny_model(home.root / "tiny")
    used = model_in_use(TINY, home)
    assert used.kind == "base"
    assert used.note == "manuals has no champion yet: its base model tiny is used"


def test_passages_are_remembered_and_a_query_is_not(home: Home) -> None:
    make_tiny_model(home.root / "tiny")
    used = model_in_use(TINY, home)
    passages = used.encode_passages(["the pump", "the belt"])
    shards = list(used.cache.iterdir())
    asked = used.encode_query("the pump")
    assert list(used.cache.iterdir()) == shards
    np.testing.assert_allclose(asked, passages[0], atol=1e-6)


def test_a_base_is_asked_with_the_prefixes_that_its_training_would_use(home: Home) -> None:
    make_tiny_model(home.root / "tiny")
    plain = model_in_use(TINY, home)
    prefixed = model_in_use(TINY.with_overrides({"training.query_prefix": "query: "}), home)
    assert prefixed.prefixes.query == "query: "
    assert prefixed.identity != plain.identity
    np.testing.assert_allclose(prefixed.encode_query("the pump"), plain.encode_query("query: the pump"), atol=1e-6)


def test_another_length_of_text_has_another_cache(home: Home) -> None:
    make_tiny_model(home.root / "tiny")
    longer = TINY.with_overrides({"training.max_seq_length": 24})
    assert foreign_model(TINY, home, "tiny").cache != foreign_model(longer, home, "tiny").cache
