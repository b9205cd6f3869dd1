"""Which documents are read, and how large they may be."""

from pydantic import Field

from domain_ft.settings import Settings


class DocumentSettings(Settings):
    """The documents of a domain."""

    folder: str | None = Field(
        None, description="Folder of documents, read with all below it; null for `data/<domain>/documents`."
    )
    max_bytes: int = Field(
        64 << 20, ge=1024, description="A larger file is not read: a book is a few MB, what is larger is data."
    )
    max_pages: int = Field(3000, ge=1, description="A PDF of more pages is not read.")
    max_seconds: float = Field(120.0, gt=0, description="A file that takes longer to read is given up.")
