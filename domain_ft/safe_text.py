"""Foreign texts as a person may see them: nothing hidden, nothing that a terminal obeys, no credential, no novel.

File names, cells and commit messages are written by anyone. Whoever prints one, in a sentence, a log or a report,
passes it through here at the edge; the data itself stays as it is.
"""

import json
import os
import re
import unicodedata
from collections.abc import Iterator

from domain_ft.amounts import counted
from domain_ft.errors import InputError

_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
_PICTURES = 0x2400
_BRIEF = 80
_USER_INFO = re.compile(r"(?<!sqlite)(?<!file)://[^\s'\"]*@")
_SECRET_QUERY = re.compile(r"(?i)([?&;][^=&\s]*(?:password|passwd|pwd|token|secret|key)[^=&\s]*=)[^&;\s'\"]+")


_SECRETS = (
    "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "AWS_SECRET_ACCESS_KEY",
)  # fmt: skip
_ADDRESSES = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "HF_ENDPOINT")
_SHORTEST_SECRET = 6
"""Characters; what is shorter stands in innocent words, too."""


def visible(text: str) -> str:
    """A foreign text with what cannot be seen made visible; line breaks stay.

    Control characters become their pictures (U+001B gives ␛), other invisible ones their code point: a commit
    message must not be able to reorder or hide what stands beside it.
    """
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(letter if letter == "\n" else _visible(letter) for letter in text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """A text as one line of a log: as `visible`, and line breaks are pictures, too."""
    return visible(text).replace("\n", "␊")


def brief(text: str, limit: int = _BRIEF) -> str:
    """A text short enough to be part of a sentence, with a mark where it was cut."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def require_text(text: str, called: str) -> None:
    """InputError where a text that was typed holds bytes that are no UTF-8: Python hands them on as halves of surrogate
    pairs, which no tokenizer and no file takes."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{called} is no text after {counted(error.start, 'characters')}; type it in UTF-8") from None


def fenced(text: str) -> str:
    """A text as a block of Markdown that it cannot leave: the fence is longer than any that the text holds."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}\n{text}\n{fence}"


def masked(text: str) -> str:
    """A text with `***` for each address's user and password, secret query values, and secrets that we were given.

    A password may hold any character, so what the environment says is looked for as it is, whatever its form.
    """
    for secret in _given_secrets():
        text = text.replace(secret, "***")
    return _SECRET_QUERY.sub(r"\1***", without_user(text, "***@"))


def without_user(address: str, stead: str = "") -> str:
    """An address with something else in place of its user and password."""
    return _USER_INFO.sub(f"://{stead}", address)


def safe_json(value: object) -> str:
    """One line of JSON in which every character is printable: the others are escaped, and mean the same."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else json.dumps(letter)[1:-1] for letter in text)


def _given_secrets() -> Iterator[str]:
    """What the environment holds of secrets, the longest parts first."""
    for name in _ADDRESSES:
        user_info, at, _ = os.environ.get(name, "").partition("://")[2].rpartition("@")
        password = user_info.partition(":")[2]
        yield from (part for part in (user_info, password) if at and len(part) >= _SHORTEST_SECRET)
    yield from (secret for name in _SECRETS if len(secret := os.environ.get(name, "")) >= _SHORTEST_SECRET)


def _visible(letter: str) -> str:
    if unicodedata.category(letter) not in _INVISIBLE:
        return letter
    code = ord(letter)
    if code < 0x20:
        return chr(_PICTURES + code)
    return "\u2421" if code == 0x7F else f"⟨U+{code:04X}⟩"
