"""The bases of a comparison, as a domain's YAML names them: a model, perhaps its revision, and a short key for both."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from domain_ft.embedding.starter import STARTER

_WITH_REVISION = re.compile(r"([A-Za-z0-9][\w.-]*/[\w.-]+)@([\w./-]+)", re.ASCII)
_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9._@-]+")
_DOTS = re.compile(r"\.{2,}")


@dataclass(frozen=True)
class BaseChoice:
    """One of several base models; `name` and `revision` are what `training.base_model` and `base_revision` hold."""

    name: str
    revision: str | None = None

    @property
    def key(self) -> str:
        """The last part of its name, with its revision: a Dagster partition, and a folder's name."""
        last = PurePosixPath(self.name).name
        text = f"{last}@{self.revision}" if self.revision else last
        return _DOTS.sub(".", _NOT_IN_KEYS.sub("-", text)).strip("-.@")

    @property
    def settings(self) -> dict[str, str | None]:
        """The choice as settings of a domain."""
        return {"training.base_model": self.name, "training.base_revision": self.revision}

    def __str__(self) -> str:
        return f"{self.name}@{self.revision}" if self.revision else self.name


def parse_base(text: str) -> BaseChoice:
    """`starter`, a local folder, or a hub id, which may end in `@revision`; ValueError says what is wrong."""
    text = text.strip()
    if text.startswith(f"{STARTER}@"):
        raise ValueError(f"{STARTER} has no revisions; leave out what follows it")
    if text.endswith("@"):
        raise ValueError("the revision after @ is missing")
    matched = _WITH_REVISION.fullmatch(text)
    choice = BaseChoice(*matched.groups()) if matched else BaseChoice(text)
    if not choice.key:
        raise ValueError("its last part has no letter or digit to name it by; use a folder that has")
    return choice
