"""YAML read as people wrote it: scalars stay text, and nothing in the text can surprise or exhaust the reader.

A YAML parser's guesses turn `no` into false, `010` into 8 and `12:30:45` into a number, so no guess is made: the
field's type decides later. Aliases, duplicate keys, great size and great depth are refused with the line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from domain_ft.errors import InputError

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
KeyPath: TypeAlias = tuple[str | int, ...]
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


def parse_yaml(text: str, source: str) -> YamlText:
    """Parse one YAML document; `source` is named in refusals, as `source:line: what is wrong`."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise InputError(f"{source}: larger than {MAX_BYTES:,} bytes; settings of that size are not read")
    lines: dict[KeyPath, int] = {}
    try:
        _refuse_depth_and_aliases(text, source)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        value = None if node is None else _build(node, (), lines, source)
    except yaml.YAMLError as error:
        raise InputError(_syntax_sentence(error, source)) from None
    return YamlText(source, value, lines)


def _refuse_depth_and_aliases(text: str, source: str) -> None:
    depth = 0
    for event in _events(text):
        if isinstance(event, yaml.AliasEvent):
            raise InputError(f"{source}:{_line(event)}: aliases (*{event.anchor}) are not read; write the value out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise InputError(f"{source}:{_line(event)}: nested deeper than {MAX_DEPTH} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _events(text: str) -> Iterator[yaml.Event]:
    yield from yaml.parse(text, Loader=yaml.SafeLoader)


def _build(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int], source: str) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        return None if node.style is None and node.value in _NULLS else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*path, index), lines, source) for index, item in enumerate(node.value)]
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise InputError(f"{source}:{line}: a key must be plain text, not a list or a mapping")
        key = key_node.value
        if key in mapping:
            raise InputError(f"{source}:{line}: the key {key!r} stands here for the second time; remove one of them")
        lines[(*path, key)] = line
        mapping[key] = _build(value_node, (*path, key), lines, source)
    return mapping


def _syntax_sentence(error: yaml.YAMLError, source: str) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"{source}:{mark.line + 1}" if mark else source
    return f"{where}: not valid YAML: {getattr(error, 'problem', None) or error}"
