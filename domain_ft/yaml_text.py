"""YAML read as people wrote it: scalars stay text, and nothing in the text can surprise or exhaust the reader.

A YAML parser's guesses turn `no` into false, `010` into 8 and `12:30:45` into a number, so no guess is made: the
field's type decides later. Aliases, tags, duplicate keys, great size and great depth are refused with the line.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

import yaml

from domain_ft.errors import InputError
from domain_ft.safe_text import brief

MAX_BYTES = 200_000
"""Some four thousand lines: more than anyone writes."""
MAX_DEPTH = 40
KeyPath: TypeAlias = tuple[str | int, ...]
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where it is built in: twenty times as fast."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True)
class YamlText:
    """A parsed text: `value` of dicts, lists, strings and None; `lines` gives the 1-based line of each key path."""

    source: str
    value: Any
    lines: dict[KeyPath, int]

    def line(self, path: KeyPath) -> int:
        """The line of a key path, or of the nearest parent that the text really has."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(file: Path) -> YamlText:
    """Parse a file; InputError where it cannot be read, is no UTF-8, or no text that `parse_yaml` takes."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(f"{file}: there is no such file") from None
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); name a file that can") from None
    if len(content) > MAX_BYTES:
        raise InputError(_too_large(str(file)))
    try:
        return parse_yaml(content.decode("utf-8-sig"), str(file))
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 (byte {error.start}); save it as UTF-8") from None


def parse_yaml(text: str, source: str) -> YamlText:
    """Parse one YAML document; `source` is named in refusals, as `source:line: what is wrong`."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise InputError(_too_large(source))
    builder = _Builder(source)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except yaml.YAMLError as error:
        raise InputError(_syntax_sentence(error, source)) from None
    except (ValueError, OverflowError):  # the parser's own, of an escape or a version number that is none
        raise InputError(f"{source}: not valid YAML: holds a number or an escape (\\U...) out of range") from None
    return YamlText(source, builder.value, builder.lines)


def _too_large(source: str) -> str:
    return f"{source}: larger than {MAX_BYTES:,} bytes, which no text by hand is; hand in another"


class _Builder:
    """Makes a value of a parser's events as they come, so that what is refused is refused before it grows."""

    def __init__(self, source: str) -> None:
        self.value: Any = None
        self.lines: dict[KeyPath, int] = {}
        self._source, self._documents = source, 0
        self._open: list[tuple[KeyPath, dict[str, Any] | list[Any]]] = []
        """The collections around the next value, each with its own path."""
        self._key: list[str | None] = []
        """Of each of them, the key that waits for its value."""

    def take(self, event: yaml.Event) -> None:
        """The next event; InputError for aliases, tags, keys that are no text or come twice, nesting without end."""
        if type(event) is yaml.ScalarEvent:
            self._scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            if event.tag:
                self._refuse_tag(event)
            self._begin(event, {} if isinstance(event, yaml.MappingStartEvent) else [])
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
            self._key.pop()
        elif isinstance(event, yaml.AliasEvent):
            self._refuse(event, f"aliases (*{brief(event.anchor or '')}) are not read; write the value out")
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._refuse(event, "not valid YAML: but found another document; correct it there")

    @property
    def _awaits_key(self) -> bool:
        return bool(self._open) and self._key[-1] is None and isinstance(self._open[-1][1], dict)

    def _refuse_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> NoReturn:
        self._refuse(event, f"tags ({brief(event.tag or '')}) are not read; write the plain value")

    def _refuse(self, event: yaml.Event, why: str) -> NoReturn:
        raise InputError(f"{self._source}:{_line(event)}: {why}")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if event.tag:
            self._refuse_tag(event)
        text = event.value
        if not _is_unicode(text):
            self._refuse(event, "holds half of a surrogate pair (\\ud800); write the character itself")
        if self._awaits_key:
            self._begin_entry(event, text)
        else:
            self._put(event, None if not event.style and text in _NULLS else text)

    def _begin_entry(self, event: yaml.Event, key: str) -> None:
        path, mapping = self._open[-1]
        if key in mapping:
            self._refuse(event, f"the key {brief(key)!r} stands here for the second time; remove one of them")
        self._key[-1] = key
        self.lines[(*path, key)] = _line(event)

    def _begin(self, event: yaml.Event, collection: dict[str, Any] | list[Any]) -> None:
        if len(self._open) >= MAX_DEPTH:
            self._refuse(event, f"nested deeper than {MAX_DEPTH} levels; flatten it")
        if self._awaits_key:
            self._refuse(event, "a key must be plain text, not a list or a mapping")
        path = self._put(event, collection)
        self._open.append((path, collection))
        self._key.append(None)

    def _put(self, event: yaml.Event, value: Any) -> KeyPath:
        """Set a value in its place, and tell its path."""
        path: KeyPath = ()
        if not self._open:
            self.value = value
        else:
            above, holder = self._open[-1]
            if isinstance(holder, list):
                path = (*above, len(holder))
                holder.append(value)
            else:
                key, self._key[-1] = self._key[-1], None
                path = (*above, str(key))
                holder[str(key)] = value
        self.lines.setdefault(path, _line(event))
        return path


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _is_unicode(text: str) -> bool:
    return text.isascii() or _SURROGATE.search(text) is None


def _syntax_sentence(error: yaml.YAMLError, source: str) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"{source}:{mark.line + 1}" if mark else source
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"{where}: not valid YAML: {brief(problem, 200)}; correct it there"
