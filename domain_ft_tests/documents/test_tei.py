"""TEI as GROBID writes it: title, abstract and sections as sentences; nothing is fetched, nothing expands."""

import os
from pathlib import Path

import pytest

from domain_ft.documents.tei import read_tei
from domain_ft.errors import InputError

TEI = """<?xml version="1.0" encoding="UTF-8"?>
<TEI xmlns="http://www.tei-c.org/ns/1.0">
<teiHeader><fileDesc><titleStmt><title level="a" type="main">On <hi>Pumps</hi></title></titleStmt></fileDesc>
<profileDesc><abstract><div><p>Pumps move water.</p></div></abstract></profileDesc></teiHeader>
<text><body>
<div><head n="1">Methods</head><p>We measured <ref type="bibr">[3]</ref> the <hi rend="italic">flow</hi> twice.</p>
<formula>a=b</formula></div>
<div><head n="1.1">Gauges</head><p>Each gauge was new.<note>a footnote</note></p></div>
<figure><head>Figure 1</head><figDesc>A caption of a figure.</figDesc></figure>
</body><back><div type="references"><listBibl><biblStruct>Someone, 1999</biblStruct></listBibl></div></back>
</text></TEI>
"""


def write(folder: Path, content: str) -> Path:
    path = folder / "paper.tei.xml"
    path.write_text(content)
    return path


def test_sections_are_as_the_paper_has_them(tmp_path: Path) -> None:
    document = read_tei(write(tmp_path, TEI))
    assert document.title == "On Pumps"
    assert [(section.path, [each.text for each in section.paragraphs]) for section in document.sections] == [
        (("Abstract",), ["Pumps move water."]),
        (("Methods",), ["We measured [3] the flow twice."]),
        (("Methods", "Gauges"), ["Each gauge was new."]),
    ]
    assert [each.line for each in document.paragraphs] == [4, 6, 8]


def test_the_items_of_a_list_within_a_paragraph_are_words_apart(tmp_path: Path) -> None:
    listed = "<p>Needed:<list><item>a first item</item><item>a second item</item></list>and<lb/>tools</p>"
    document = read_tei(write(tmp_path, TEI.replace("<p>Pumps move water.</p>", listed)))
    assert next(document.paragraphs).text == "Needed: a first item a second item and tools"


def test_a_word_that_is_divided_by_its_looks_stays_whole(tmp_path: Path) -> None:
    document = read_tei(write(tmp_path, TEI.replace("Pumps move water", "H<hi>2</hi>O flows")))
    assert next(document.paragraphs).text == "H2O flows."


def test_a_file_whose_name_is_in_another_encoding_is_read(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"b\xe9.tei")
    path.write_text(TEI)
    assert read_tei(path).title == "On Pumps"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (TEI[:400], r"paper\.tei\.xml:\d+: is broken XML"),
        ("<html><body/></html>", r"is XML, but no TEI \(html\)"),
        ("", "is broken XML"),
        ("not xml", "is broken XML"),
    ],
)
def test_what_is_no_tei_is_refused_in_a_sentence(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_tei(write(tmp_path, content))


def test_entities_of_the_file_and_of_the_machine_stay_where_they_are(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the password")
    declared = f'<!DOCTYPE TEI [<!ENTITY s SYSTEM "file://{secret}"><!ENTITY b "boom">]>'
    attack = TEI.replace("<TEI ", f"{declared}<TEI ", 1).replace("twice.", "twice &s; &b;.")
    said = " ".join(each.text for each in read_tei(write(tmp_path, attack)).paragraphs)
    assert "password" not in said
    assert "We measured" in said


def test_a_bomb_of_entities_does_not_go_off(tmp_path: Path) -> None:
    lols = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    attack = TEI.replace("<TEI ", f'<!DOCTYPE TEI [<!ENTITY l0 "lol">{lols}]><TEI ', 1).replace("twice", "&l9;")
    try:
        said = sum(len(each.text) for each in read_tei(write(tmp_path, attack)).paragraphs)
    except InputError:
        return
    assert said < 1000
