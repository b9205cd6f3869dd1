"""One JUnit report: its test cases with the properties and the time that hold for them.

The XML is read by expat with our own handlers, because reports come from anywhere: a DOCTYPE is refused, and with it
every entity; captured output, often most of a report, is never kept; each case knows its line; and what would take
memory without end is refused.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

import junitparser

from domain_ft.landing.limits import XML_ELEMENTS, XML_TOKEN_BYTES
from domain_ft.landing.settings import RunVerdict

CHANGE_PROPERTY = "domain_ft.change"
"""Property of a report that says itself what changed: the change's text, and no repository has to be asked."""
PATHS_PROPERTY = "domain_ft.paths"
"""Property of such a report: the paths that the change touches, as a JSON list."""
TEXT_PROPERTY = "domain_ft.text"
"""Property of a test case: what the test does, in words that its name does not say."""
_BLOCK = 1 << 20
_DEPTH = 64
_LINE = "domain-ft-line"
_NOT_RUN = frozenset({"notrun", "disabled", "skipped", "ignored"})


class ReportError(Exception):
    """A report that cannot be used as a whole: the rule it breaks, the line, and what is wrong."""

    def __init__(self, rule: str, line: int | None, what: str) -> None:
        super().__init__(what)
        self.rule, self.line, self.what = rule, line, what


@dataclass(frozen=True)
class Case:
    """A test case; `properties` and `timestamp` are those of its suite or of the suites around it, `text` its own."""

    line: int
    name: str | None
    group: str | None
    verdict: RunVerdict
    seconds: str | None
    timestamp: str | None
    properties: Mapping[str, str]
    text: str | None = None


def read_report(path: Path, wanted: Collection[str]) -> list[Case]:
    """The cases of a report, in the order of its suites, with the wanted properties; raises ReportError."""
    root = _parse(path)
    try:
        report = junitparser.JUnitXml.fromroot(root)
    except junitparser.JUnitXmlError:
        raise ReportError("xml_not_junit", 1, f"its root is <{root.tag}>, not <testsuites> or <testsuite>") from None
    around = _properties(report, {}, wanted)
    return [case for suite in report for case in _cases(suite, around, None, wanted)]


def _cases(suite: Any, around: Mapping[str, str], timestamp: str | None, wanted: Collection[str]) -> Iterator[Case]:
    properties = _properties(suite, around, wanted)
    timestamp = suite.timestamp or timestamp
    for case in suite.iterchildren(junitparser.TestCase):
        attributes = case._elem.attrib
        yield Case(
            line=int(attributes[_LINE]),
            name=case.name,
            group=case.classname or suite.name,
            verdict=_verdict(case),
            seconds=(attributes.get("time") or "").replace(",", "") or None,
            timestamp=attributes.get("timestamp") or timestamp,
            properties=properties,
            text=_properties(case, {}, (TEXT_PROPERTY,)).get(TEXT_PROPERTY),
        )
    for inner in suite.testsuites():
        yield from _cases(inner, properties, timestamp, wanted)


def _properties(element: Any, around: Mapping[str, str], wanted: Collection[str]) -> dict[str, str]:
    own = element.child(junitparser.Properties)
    return {**around, **{item.name: item.value for item in own or () if item.name in wanted and item.value}}


def _verdict(case: junitparser.TestCase) -> RunVerdict:
    if case.is_failure:
        return "fail"
    if case.is_error:
        return "error"
    status = (case._elem.attrib.get("status") or "").casefold()
    return "skipped" if case.is_skipped or status in _NOT_RUN else "pass"


def _parse(path: Path) -> Element:
    """The elements of a file, without their text."""
    builder, parser = TreeBuilder(), expat.ParserCreate(namespace_separator=" ")
    depth = elements = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, elements
        depth, elements = depth + 1, elements + 1
        if depth > _DEPTH:
            raise ReportError("xml_unreadable", parser.CurrentLineNumber, f"elements more than {_DEPTH} deep")
        if elements > XML_ELEMENTS:
            raise ReportError("xml_too_large", parser.CurrentLineNumber, f"more than {XML_ELEMENTS:,} elements")
        builder.start(tag.rpartition(" ")[2], {**attributes, _LINE: str(parser.CurrentLineNumber)})

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag.rpartition(" ")[2])

    def doctype(*_: object) -> None:
        raise ReportError("xml_forbidden", parser.CurrentLineNumber, "it has a DOCTYPE, which can define entities")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = doctype
    try:
        _feed(parser, path)
    except expat.ExpatError as error:
        raise ReportError("xml_unreadable", error.lineno, f"not whole, well-formed XML ({error})") from None
    except (LookupError, ValueError) as error:
        raise ReportError("xml_unreadable", None, f"not readable XML ({error})") from None
    return builder.close()


def _feed(parser: expat.XMLParserType, path: Path) -> None:
    """Hand a file on block by block; the parser keeps a tag or comment until it ends, so it must end in time."""
    with path.open("rb") as file:
        fed = 0
        while block := file.read(_BLOCK):
            fed += len(block)
            parser.Parse(block, False)
            if fed - parser.CurrentByteIndex > XML_TOKEN_BYTES:
                line = parser.CurrentLineNumber
                raise ReportError("xml_too_large", line, f"a tag or comment of more than {XML_TOKEN_BYTES:,} bytes")
        parser.Parse(b"", True)
