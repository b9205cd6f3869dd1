"""Files as plain bytes: compressed ones are unpacked beside the work, block by block, and checked to their end.

A compressed CSV cannot be read in parallel nor be looked into at a byte position; a plain copy can. The copy lies in
the work folder of the ingest and goes with it; one that grows beyond all reason is given up.
"""

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from domain_ft.errors import InputError
from domain_ft.landing.limits import check_unpacked

_BLOCK = 1 << 20
_CHECK_EVERY = 64 << 20
_GZIP = b"\x1f\x8b"
_ELSEWHERE = {
    b"PK\x03\x04": "a ZIP archive or a spreadsheet; unpack it or save it as CSV",
    _GZIP: "packed twice; unpack it once",
    b"PAR1": "a Parquet file; give it the suffix .parquet",
    b"BZh": "compressed with bzip2; pack it with gzip or not at all",
    b"\xfd7zXZ": "compressed with xz; pack it with gzip or not at all",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; pack it with gzip or not at all",
    b"\xff\xfe": "UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "UTF-16 text; save it as UTF-8",
}


def plain_file(path: Path, work: Path) -> Path:
    """The path of the file's plain bytes: itself, or an unpacked copy in `work`, made on the first call.

    Raises InputError where the file is empty, not what its name says, or cut short.
    """
    head = _head(path)
    if not head:
        raise InputError(f"{path}: is empty; hand in a file with rows")
    packed = head.startswith(_GZIP)
    if path.suffix == ".gz" and not packed:
        raise InputError(f"{path}: is not a gzip file though its name ends in .gz; rename it or pack it again")
    plain = path
    if packed:
        plain = work / "plain"
        if not plain.exists():
            _unpack(path, plain)
        head = _head(plain)
    for magic, what in _ELSEWHERE.items():
        if head.startswith(magic):
            raise InputError(f"{path}: is {what}")
    return plain


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


def _unpack(path: Path, copy: Path) -> None:
    try:
        size = _unpacked(path, copy)
    except EOFError:
        copy_size = copy.stat().st_size
        raise InputError(f"{path}: the gzip file is cut short after {copy_size:,} bytes; transfer it again") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path}: the gzip file is damaged ({error}); transfer it again") from None
    if not size:
        raise InputError(f"{path}: is empty once unpacked; hand in a file with rows")


def _unpacked(path: Path, copy: Path) -> int:
    """Unpack to `copy` and return its size."""
    size = checked = 0
    with gzip.open(path, "rb") as packed, copy.open("wb") as file:
        while block := packed.read(_BLOCK):
            size += file.write(block)
            if size - checked >= _CHECK_EVERY:
                check_unpacked(path, size, copy.parent)
                checked = size
    return size


def rewrite(path: Path, copy: Path, change: Callable[[bytes], bytes]) -> Path:
    """A copy of a file with every block changed; no pair of carriage return and line feed is torn apart."""
    with path.open("rb") as file, copy.open("wb") as target:
        while block := _whole_block(file):
            target.write(change(block))
    return copy


def _whole_block(file: BinaryIO) -> bytes:
    block = file.read(_BLOCK)
    while block.endswith(b"\r") and (more := file.read(1)):
        block += more
    return block
