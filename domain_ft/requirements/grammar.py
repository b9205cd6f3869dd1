"""The grammar of concepts and requirements: the packaged YAML, and what a file of one's own adds to it."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError, field_validator

from domain_ft.errors import InputError
from domain_ft.safe_text import brief
from domain_ft.settings import Settings
from domain_ft.store.digests import sha256_json
from domain_ft.yaml_text import YamlText, read_yaml

PACKAGED = Path(__file__).parent / "grammar.yaml"
ANY = "any"
_SLOT = re.compile(r"\{([^{}]*)\}")
_SLOTS = frozenset({
    "product", "thing", "things", "other_thing", "other_things", "role", "people", "audience", "region", "place", "law",
    "users", "latency_ms", "uptime", "budget", "months",
})  # fmt: skip


def _known_slots(template: str) -> str:
    unknown = sorted(set(_SLOT.findall(template)) - _SLOTS)
    if unknown or template.count("{") != template.count("}"):
        raise ValueError(f"unknown slots {', '.join(unknown) or '{ or }'}; there are {', '.join(sorted(_SLOTS))}")
    return template


def _names_product(template: str) -> str:
    if "product" not in _SLOT.findall(template):
        raise ValueError("must name the {product}, or it would answer every concept alike")
    return template


Template = Annotated[str, AfterValidator(_known_slots)]
Sentence = Annotated[Template, AfterValidator(_names_product)]


class Thing(Settings):
    """What a product is about, as one and as many."""

    one: str
    many: str


class DomainWords(Settings):
    """The words of one domain."""

    roles: list[str] = Field(min_length=1)
    subjects: dict[str, list[Thing]] = Field(min_length=1)

    @field_validator("subjects", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        """`loan | loans` as a thing."""
        if not isinstance(value, Mapping):
            return value
        return {subject: [_thing(text) for text in things or ()] for subject, things in value.items()}

    @field_validator("subjects")
    @classmethod
    def _two_things(cls, value: dict[str, list[Thing]]) -> dict[str, list[Thing]]:
        for subject, things in value.items():
            if len(things) < 2:
                raise ValueError(f"the subject {subject} needs two things or more, each as `one | many`")
        return value


class Audience(Settings):
    """Who a product is for, and which sentences they ask for."""

    people: str
    needs: list[str]


class Region(Settings):
    """Where data lies there, and by which law."""

    place: str
    law: str


class Tier(Settings):
    """The figures of a size."""

    users: int = Field(ge=1)
    latency_ms: int = Field(ge=1)
    uptime: str
    budget: str
    months: int = Field(ge=1)
    requirements: tuple[int, int, int]
    """How many functional ones, others, and constraints; at least two of each."""

    @field_validator("requirements")
    @classmethod
    def _two_each(cls, value: tuple[int, int, int]) -> tuple[int, int, int]:
        if min(value) < 2:
            raise ValueError("needs two or more of each list")
        return value


class Sentences(Settings):
    """The templates of one list: by need of the audience, and those that any product may have."""

    needs: dict[str, Sentence] = Field(default_factory=dict)
    any: list[Sentence] = Field(min_length=1)


class Grammar(Settings):
    """How concepts are put together, and what is asked for of each."""

    kinds: list[str] = Field(min_length=1)
    domains: dict[str, DomainWords] = Field(min_length=1)
    audiences: dict[str, Audience] = Field(min_length=1)
    regions: dict[str, Region] = Field(min_length=1)
    tiers: dict[str, Tier] = Field(min_length=1)
    concept: Sentence
    title: Sentence
    description: Sentence
    functional: Sentences
    non_functional: Sentences
    constraints: Sentences

    @field_validator("functional", "non_functional", "constraints", mode="before")
    @classmethod
    def _by_need(cls, value: Any) -> Any:
        """`any` and the needs beside it."""
        if not isinstance(value, Mapping):
            return value
        return {ANY: value.get(ANY), "needs": {need: text for need, text in value.items() if need != ANY}}

    @property
    def digest(self) -> str:
        """The digest of all that is said here."""
        return sha256_json(self.model_dump(mode="json"))


def load_grammar(extra: Path | None = None) -> Grammar:
    """The packaged grammar with what a file adds; InputError with file and line where that is no grammar.

    Mappings are merged key by key; a list or a text replaces the packaged one.
    """
    if extra is None:
        return _packaged()
    document = read_yaml(extra)
    if not isinstance(document.value, dict):
        raise InputError(f"{extra}: no grammar; write keys such as domains, audiences, regions and tiers")
    try:
        return Grammar.model_validate(_merged(read_yaml(PACKAGED).value, document.value))
    except ValidationError as error:
        raise InputError(_sentence(error, document)) from None


@cache
def _packaged() -> Grammar:
    return Grammar.model_validate(read_yaml(PACKAGED).value)


def _merged(one: Any, other: Any) -> Any:
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return other
    return {**one, **{name: _merged(one.get(name), value) for name, value in other.items()}}


def _thing(text: Any) -> Any:
    one, _, many = (part.strip() for part in str(text).partition("|"))
    return {"one": one, "many": many or f"{one}s"}


def _sentence(error: ValidationError, document: YamlText) -> str:
    first = error.errors()[0]
    path = tuple(part for part in first["loc"] if part != "needs")
    where = f"{document.source}:{document.line(path)}: {'.'.join(map(str, path))}"
    said = first["msg"].removeprefix("Value error, ")
    return f"{where}: {said[:1].lower()}{said[1:]}; got {brief(repr(first['input']))}"
