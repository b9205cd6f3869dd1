"""Input as an enemy or a broken disk would make it: good files with their bytes and lines changed, and plain noise."""

import gzip
import io
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from domain_ft.domain_settings import HistoryDomainSettings
from domain_ft.domains import DEFS_FOLDER
from domain_ft_tests.landing_world import Repository, a_row, as_csv, as_jsonl
from domain_ft_tests.pairs.landed_pairs import a_pair

Rows = Sequence[Mapping[str, str]]
MOST_CHANGES = 6
TOKENS = (
    b"\n", b"\r", b"\r\n", b"\0", b'"', b'""', b",", b";", b"\t", b"\\", b"\xef\xbb\xbf", b"\xff", b"\xed\xa0\x80",
    b"\xc2\x85", b"\xe2\x80\xa8", b"{", b"}", b"[", b"]", b"'", b":", b"-", b"null", b"NaN", b"Infinity", b"1e999",
    b"99999999999999999999", b"-1", b"0.1e-400", b"1700000000", b"9999-12-31T23:59:59-23:59", b"0001-01-01", b"24:00",
    b"\\ud800", b"\\u0000", b"[[[[", b"['a', 1, None]", b"{'a': 1}", b"<", b">", b"/>", b"&", b"&#0;", b"&lt;", b"<!--",
    b"]]>", b"<?xml version='1.1' encoding='utf-16'?>", b"<!DOCTYPE a>", b"<testsuite>", b"<testcase name='x'/>",
    b" xmlns='a'", b"&a ", b"*a", b"!!int ", b"? ", b"- ", b"|\n", b">-\n", b"---\n", b"...\n", b"%YAML 9.9\n", b"<<: ",
    b"\x1f\x8b", b"PAR1", b"\x00\x00\x00\x00\x00\x00\x00\x80", b"\xff\xff\xff\x7f", b"\x1b[2J", "\u202e".encode(),
)  # fmt: skip


def a_pair_of_cells(**cells: str) -> dict[str, str]:
    """A pair whose missing cells are empty."""
    return {name: text or "" for name, text in a_pair(**cells).items()}


ROWS = [
    a_row(),
    a_row(TC_Key="t2", TE_Test_Result="Failed", commit='["one, two", "three"]', CR_Component_Name="a;b\nc"),
    a_row(TC_Key="t3", TE_Summary='a "quoted", cell\nof two lines', Build_Test_Start_Date="1717143300"),
    a_row(Build_ID="b2", Build_Test_Start_Date="2024-06-01 08:15:00+02:00", commit="ünï çødé ☃"),
    a_row(Build_ID="b2", TC_Key="t2", TE_Test_Result="not run", TC_Steps="1. open\n2. close"),
    a_row(Build_ID="b2", TC_Key="t3", Build_Test_Start_Date="yesterday"),
]
PAIRS = [
    a_pair_of_cells(),
    a_pair_of_cells(
        query="where is the fuse of the lamp", passage="The fuse lies behind the left panel.", group="lamps"
    ),
    a_pair_of_cells(query='a "quoted", question\nof two lines', context="one, two; three", part="a;b\nc"),
    a_pair_of_cells(query="wie oft wird das Öl gewechselt ☃", negative="Der Gurt ist zu."),
    a_pair_of_cells(query="why"),
    a_pair_of_cells(passage=""),
]
REPORT = b"""<?xml version="1.0" encoding="UTF-8"?>
<testsuites><testsuite name="shop" timestamp="2024-05-31T08:15:00"><properties>
<property name="build" value="nightly 7"/><property name="commit" value="%s"/></properties>
<testcase classname="shop.Basket" name="adds up" time="0.5"/>
<testcase classname="shop.Basket" name="rounds" time="1,000.25"><failure message="1">text</failure></testcase>
<testcase classname="shop.Basket" name="empties"><error/><system-out><![CDATA[a < b]]></system-out></testcase>
<testsuite name="inner"><testcase name="prints"><skipped/></testcase></testsuite>
</testsuite></testsuites>
"""
COMMIT = b"""tree %s
author T <t@example.org> 1717143300 +0000
committer T <t@example.org> 1717143300 +0000

round prices late

because of cents
"""


@st.composite
def changed(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """A seed after a few changes: bytes flipped, put in, taken out, doubled; lines moved; parts of other seeds."""
    content = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, MOST_CHANGES))):
        content = draw(st.sampled_from(CHANGES))(draw, content, seeds)
    return content


def _span(draw: st.DrawFn, content: bytes, most: int = 1 << 20) -> tuple[int, int]:
    start = draw(st.integers(0, len(content)))
    return start, draw(st.integers(start, min(len(content), start + most)))


def _flipped(draw: st.DrawFn, content: bytes, _: Sequence[bytes]) -> bytes:
    if not content:
        return content
    at = draw(st.integers(0, len(content) - 1))
    return content[:at] + bytes([content[at] ^ draw(st.integers(1, 255))]) + content[at + 1 :]


def _inserted(draw: st.DrawFn, content: bytes, _: Sequence[bytes]) -> bytes:
    at = draw(st.integers(0, len(content)))
    new = draw(st.sampled_from(TOKENS) | st.binary(max_size=8) | st.text(max_size=4).map(_encoded))
    return content[:at] + new * draw(st.sampled_from((1, 1, 1, 2, 70))) + content[at:]


def _replaced(draw: st.DrawFn, content: bytes, _: Sequence[bytes]) -> bytes:
    start, stop = _span(draw, content, 12)
    return content[:start] + draw(st.sampled_from(TOKENS)) + content[stop:]


def _deleted(draw: st.DrawFn, content: bytes, _: Sequence[bytes]) -> bytes:
    start, stop = _span(draw, content)
    return content[:start] + content[stop:]


def _truncated(draw: st.DrawFn, content: bytes, _: Sequence[bytes]) -> bytes:
    return content[: draw(st.integers(0, len(content)))]


def _doubled(draw: st.DrawFn, content: bytes, _: Sequence[bytes]) -> bytes:
    start, stop = _span(draw, content)
    return content[:stop] + content[start:stop] * draw(st.integers(1, 3)) + content[stop:]


def _spliced(draw: st.DrawFn, content: bytes, seeds: Sequence[bytes]) -> bytes:
    other = draw(st.sampled_from(seeds))
    start, stop = _span(draw, other)
    at, to = _span(draw, content)
    return content[:at] + other[start:stop] + content[to:]


def _lines_moved(draw: st.DrawFn, content: bytes, _: Sequence[bytes]) -> bytes:
    lines = content.split(b"\n")
    one, other = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    if draw(st.booleans()):
        lines.insert(other, lines[one])
    else:
        lines.insert(other, lines.pop(one))
    return b"\n".join(lines)


def _other_line_ends(draw: st.DrawFn, content: bytes, _: Sequence[bytes]) -> bytes:
    end = draw(st.sampled_from((b"\r\n", b"\r", b"\n\n", b"\n\r")))
    return content.replace(b"\n", end, draw(st.sampled_from((-1, 2))))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


CHANGES = (
    _flipped, _inserted, _inserted, _replaced, _replaced, _deleted, _truncated, _doubled, _spliced, _lines_moved,
    _other_line_ends,
)  # fmt: skip


def hostile(*seeds: bytes) -> st.SearchStrategy[bytes]:
    """Changed seeds, and now and then bytes or text that never were a file of that kind."""
    return changed(seeds) | changed(seeds) | changed(seeds) | st.binary(max_size=300) | st.text().map(_encoded)


def as_array(rows: Sequence[Mapping[str, object]], indent: int | None = None) -> bytes:
    """Rows as one JSON array."""
    return json.dumps(rows, indent=indent, ensure_ascii=False).encode()


def packed(plain: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Gzip files: of hostile content, and hostile themselves."""
    seeds = (gzip.compress(as_csv(ROWS), mtime=0), gzip.compress(as_jsonl(*ROWS), mtime=0))
    return plain.map(lambda content: gzip.compress(content, 1)) | hostile(*seeds)


def parquet_of(columns: dict[str, pa.Array], **options: Any) -> bytes:
    """The bytes of a Parquet file."""
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, **options)
    return file.getvalue()


def text_columns(rows: Rows) -> dict[str, pa.Array]:
    """The rows as columns of text."""
    return {name: pa.array([row[name] for row in rows]) for name in rows[0]}


def whole_parquets(rows: Rows) -> list[bytes]:
    """Good Parquet files: packed or not, with dictionaries or without, in one row group or many."""
    columns = text_columns(rows)
    return [
        parquet_of(columns),
        parquet_of(columns, compression="none", use_dictionary=False, write_statistics=False),
        parquet_of(columns, compression="zstd", row_group_size=2, data_page_version="2.0"),
    ]


@st.composite
def odd_parquets(draw: st.DrawFn, rows: Rows) -> bytes:
    """Whole Parquet files with columns of types that nobody thought of, and values at their ends."""
    columns = text_columns(rows)
    for name in draw(st.lists(st.sampled_from(list(columns)), min_size=1, unique=True)):
        columns[name] = draw(st.sampled_from(ODD_COLUMNS))
    return parquet_of(columns)


def _odd_columns() -> list[pa.Array]:
    numbers, ends, n = [0, 1, -1, None, 2, 3], [2**63 - 1, -(2**63), 0, None, 1, 1717143300], len(ROWS)
    doubles = [float("nan"), float("inf"), -0.0, 1e308, None, 5e-324]
    texts = ["a", None, "", "\0", "\u202e", "x" * 2000]
    return [
        pa.nulls(n),
        *(pa.array(numbers, kind) for kind in (pa.int8(), pa.int32(), pa.date32(), pa.time64("ns"), pa.duration("us"))),
        *(pa.array(ends, kind) for kind in (pa.int64(), pa.timestamp("ms"), pa.timestamp("ns"), pa.duration("ns"))),
        *(pa.array(ends, pa.timestamp("us", zone)) for zone in ("UTC", "Europe/Rome", "+23:59")),
        pa.array([2**64 - 1] * n, pa.uint64()),
        pa.array(doubles),
        pa.array([*doubles[1:], 65504.0], pa.float32()),
        pa.array([True, False, None] * 2),
        pa.array([None, 1, -1] * 2, pa.decimal128(38, 37)),
        pa.array([b"\xff", b"", None] * 2, pa.binary()),
        pa.array([b"abcd", None, b"\0\0\0\0"] * 2, pa.binary(4)),
        pa.array(texts, pa.large_string()),
        pa.array(texts).dictionary_encode(),
        pa.array([texts, [], None] * 2),
        pa.array([doubles, [None], None] * 2),
        pa.array([[[texts]], [], None] * 2),
        pa.array([{"a": 1, "b": texts}, None, {}] * 2),
        pa.array([[("a", "b")], None, []] * 2, pa.map_(pa.string(), pa.string())),
    ]


ODD_COLUMNS = _odd_columns()


def odd_rows(example: Mapping[str, str], write: Callable[[list[Any]], bytes]) -> st.SearchStrategy[bytes]:
    """JSON whose cells are any JSON value, as lines or as an array."""
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner))
    cells = st.dictionaries(st.sampled_from(list(example)), values, min_size=1)
    return st.lists(cells.map(lambda new: {**example, **new}), min_size=1).map(write)


def odd_cells(example: Mapping[str, str]) -> st.SearchStrategy[bytes]:
    """CSV files, well made, whose cells hold any text."""
    cells = st.dictionaries(st.sampled_from(list(example)), st.text(max_size=30).map(_storable), min_size=1)
    rows = st.lists(cells.map(lambda new: {**example, **new}), min_size=1)
    return rows.map(lambda written: as_csv(written, list(example)))


def odd_settings() -> st.SearchStrategy[bytes]:
    """A domain's YAML that gives some setting any value."""
    value = st.sampled_from(TOKENS).map(lambda token: token.decode(errors="replace")) | st.text() | st.floats().map(str)
    written = value | value.map(json.dumps) | st.lists(value).map(json.dumps)
    return st.tuples(st.sampled_from(_setting_names()), written).map(_with_setting)


def _setting_names() -> list[str]:
    fields = HistoryDomainSettings.model_fields
    sections = {name: getattr(field.annotation, "model_fields", {}) for name, field in fields.items()}
    return [*sections, *(f"{section}.{key}" for section, keys in sections.items() for key in keys)]


def _with_setting(setting: tuple[str, str]) -> bytes:
    section, _, key = setting[0].partition(".")
    lines = [HEAD.decode(), f"  {section}:\n    {key}: {setting[1]}" if key else f"  {section}: {setting[1]}", "\n"]
    return _encoded("".join(lines))


def _storable(text: str) -> str:
    return text.encode(errors="replace").decode()


HEAD = b"type: domain_ft.components.EmbeddingDomain\nattributes:\n  name: mine\n"
SETTINGS = (
    (DEFS_FOLDER / "test_history" / "defs.yaml").read_bytes(),
    HEAD
    + b"""  source: {delimiter: ";", verdicts: {green: pass}, columns: {build: b, change_id: null}}
  training: {learning_rate: 3e-5, device: "cuda:1", base_model: starter}
  triplets:
    split: {by: time, validation: 0.1, test: 0.2}
  benchmark:
    guard_metrics: [apfd, map]
  automation: {nightly: "0 2 * * *"}
  presets:
    quick: {training: {epochs: 1}}
  preset_costs: {quick: "a minute"}
""",
)


def add_commit(repository: Repository, content: bytes) -> str | None:
    """A commit object of any content; its name, or None where git itself does not take it."""
    command = ["git", "-C", str(repository.path), "hash-object", "-t", "commit", "-w", "--literally", "--stdin"]
    done = subprocess.run(command, input=content, capture_output=True, check=False)
    return done.stdout.decode().strip() if done.returncode == 0 else None


def new_repository(path: Path) -> Repository:
    """A repository with one commit."""
    path.mkdir()
    repository = Repository(path)
    repository.git("init", "-q")
    repository.commit("round prices late", **{"basket.py": "1"})
    return repository
