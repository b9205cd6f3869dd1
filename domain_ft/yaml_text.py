"""YAML read as people wrote it: scalars stay text, and nothing in the text can surprise or exhaust the reader.

A YAML parser's guesses turn `no` into false, `010` into 8 and `12:30:45` into a number, so no guess is made: the
field's type decides later. Aliases, tags, duplicate keys, great size and great depth are refused with the line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from domain_ft.errors import InputError
from domain_ft.safe_text import brief

MAX_BYTES = 200_000
"""Some four thousand lines: more than anyone writes."""
MAX_DEPTH = 40
KeyPath: TypeAlias = tuple[str | int, ...]
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where it is built in: twenty times as fast."""
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
    lines: dict[KeyPath, int] = {}
    try:
        _refuse_surprises(text, source)
        node = yaml.compose(text, Loader=_Loader)
        value = None if node is None else _build(node, (), lines, source)
    except yaml.YAMLError as error:
        raise InputError(_syntax_sentence(error, source)) from None
    except (ValueError, OverflowError):  # the parser's own, of an escape or a version number that is none
        raise InputError(f"{source}: not valid YAML: holds a number or an escape (\\U...) out of range") from None
    return YamlText(source, value, lines)


def _too_large(source: str) -> str:
    return f"{source}: larger than {MAX_BYTES:,} bytes, which no text by hand is; hand in another"


def _refuse_surprises(text: str, source: str) -> None:
    """InputError for aliases, tags, and nesting without end; no event is kept."""
    depth = 0
    for event in _events(text):
        if isinstance(event, yaml.AliasEvent):
            raise InputError(
                f"{source}:{_line(event)}: aliases (*{brief(event.anchor or '')}) are not read; write the value out"
            )
        tag = getattr(event, "tag", None)
        if tag:
            raise InputError(f"{source}:{_line(event)}: tags ({brief(tag)}) are not read; write the plain value")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise InputError(f"{source}:{_line(event)}: nested deeper than {MAX_DEPTH} levels; flatten it")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _events(text: str) -> Iterator[yaml.Event]:
    yield from yaml.parse(text, Loader=_Loader)


def _build(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int], source: str) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        if not _is_unicode(node.value):
            line = node.start_mark.line + 1
            raise InputError(f"{source}:{line}: holds half of a surrogate pair (\\ud800); write the character itself")
        return None if not node.style and node.value in _NULLS else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*path, index), lines, source) for index, item in enumerate(node.value)]
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise InputError(f"{source}:{line}: a key must be plain text, not a list or a mapping")
        key = key_node.value
        if key in mapping:
            raise InputError(
                f"{source}:{line}: the key {brief(key)!r} stands here for the second time; remove one of them"
            )
        lines[(*path, key)] = line
        mapping[key] = _build(value_node, (*path, key), lines, source)
    return mapping


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _syntax_sentence(error: yaml.YAMLError, source: str) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"{source}:{mark.line + 1}" if mark else source
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"{where}: not valid YAML: {brief(problem, 200)}; correct it there"
