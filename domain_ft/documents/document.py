"""What a document is to us, whatever it came as: sections under headings, of paragraphs that know where they stand."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_UNSEEN = re.compile("[\u00ad\u200b\ufeff]")
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
"""Control characters and halves of characters, as PDFs with wrong tables of letters give them."""
_PERMALINKS = "¶§🔗"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, a step of a procedure or a row of a table, on one line: every run of white space is one space."""

    text: str
    line: int | None = None
    """Where it begins in the file (from 1); None where the file has no lines, as a PDF."""
    page: int | None = None
    """The page that it begins on (from 1); None where the file has no pages."""


@dataclass(frozen=True)
class Section:
    """What stands under one heading, up to the next one."""

    path: tuple[str, ...]
    """The headings that it stands under, the outermost first; empty for what comes before the first heading."""
    paragraphs: tuple[Paragraph, ...]

    @property
    def heading(self) -> str:
        """Its own heading; empty where it has none."""
        return self.path[-1] if self.path else ""


@dataclass(frozen=True)
class Document:
    """A document that was read."""

    path: Path
    format: str
    """`text`, `tei`, `pdf` or `html`."""
    title: str
    sections: tuple[Section, ...]

    @property
    def paragraphs(self) -> Iterator[Paragraph]:
        """All of them, in the order of the document."""
        return (paragraph for section in self.sections for paragraph in section.paragraphs)


@dataclass
class Outline:
    """Headings and paragraphs as a reader meets them, gathered into sections."""

    headings: list[tuple[int, str]] = field(default_factory=list)
    sections: list[tuple[tuple[str, ...], list[Paragraph]]] = field(default_factory=list)

    def heading(self, level: int, text: str) -> None:
        """A heading; those of its level and below end here. Level 1 is the outermost."""
        clean = one_space(text).rstrip(_PERMALINKS + " ")
        if clean:
            self.headings = [each for each in self.headings if each[0] < level] + [(level, clean)]
            self.sections.append((self._path(), []))

    def paragraph(self, text: str, line: int | None = None, page: int | None = None) -> None:
        """A paragraph under the last heading; nothing where it holds no letter or digit."""
        clean = one_space(text)
        if any(letter.isalnum() for letter in clean):
            if not self.sections:
                self.sections.append(((), []))
            self.sections[-1][1].append(Paragraph(clean, line, page))

    def document(self, path: Path, format: str, title: str = "") -> Document:
        """The document; a heading without a paragraph of its own is kept only in the paths of those below it."""
        found = tuple(Section(names, tuple(paragraphs)) for names, paragraphs in self.sections if paragraphs)
        return Document(path, format, one_space(title) or _first_heading(found), found)

    def _path(self) -> tuple[str, ...]:
        return tuple(text for _, text in self.headings)


def one_space(text: str) -> str:
    """A text on one line, every run of white space or of what is no text one space; what is unseen is gone."""
    return " ".join(_NO_TEXT.sub(" ", _UNSEEN.sub("", text)).split())


def _first_heading(sections: Iterable[Section]) -> str:
    return next((section.path[0] for section in sections if section.path), "")
