"""What a domain's files look like: format, columns, words; one class per kind of record."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from domain_ft.pairs.settings import AuditSettings
from domain_ft.settings import Settings

RunVerdict = Literal["pass", "fail", "error", "skipped", "blocked"]
DurationUnit = Literal["s", "ms"]

DEFAULT_VERDICTS: dict[str, RunVerdict] = {
    "pass": "pass", "passed": "pass", "ok": "pass", "success": "pass", "successful": "pass", "fixed": "pass",
    "fail": "fail", "failed": "fail", "failure": "fail", "regression": "fail",
    "error": "error", "errored": "error", "broken": "error", "timeout": "error", "aborted": "error",
    "skip": "skipped", "skipped": "skipped", "ignored": "skipped", "disabled": "skipped", "delete": "skipped",
    "blocked": "blocked", "not run": "blocked", "pending": "blocked",
}  # fmt: skip


class RecordColumns(Settings):
    """The source's own names for what a row says; null where the source has none."""

    required: ClassVar[tuple[str, ...]] = ()
    """Fields without which no row can be used."""


class RecordSource(Settings):
    """How landing files are read, whatever their rows describe."""

    takes_lists: ClassVar[bool] = True
    """Whether a cell may be a list, an object, or true or false; else it is a text or a number."""
    format: str = Field(description="What the rows describe.")
    columns: RecordColumns = Field(description="The source's column names.")
    delimiter: str = Field(",", min_length=1, max_length=1, description="Column separator of CSV files.")

    @field_validator("delimiter")
    @classmethod
    def _separates(cls, value: str) -> str:
        if value in '"\r\n' or not value.isascii():
            raise ValueError(f"{value!r} cannot separate columns; use , ; | or a tab")
        return value

    @property
    def fields(self) -> tuple[str, ...]:
        """What a row may say, under our own names."""
        return tuple(type(self.columns).model_fields)


class ExecutionHistoryColumns(RecordColumns):
    """The source's own names for what a row of an execution history says; null where the source has none."""

    required = ("build", "test", "summary", "verdict", "started", "change")
    build: str = Field("Build_ID", description="Build identifier.")
    test: str = Field("TC_Key", description="Test identifier.")
    summary: str = Field("TE_Summary", description="What the test does, in words.")
    verdict: str = Field("TE_Test_Result", description="Outcome of the run, in the source's own words.")
    started: str | None = Field(
        "Build_Test_Start_Date",
        description="When the build's tests started (ISO 8601 or epoch); null where builds have no time and follow "
        "each other by their numbers.",
    )
    change: str | None = Field(
        "commit",
        description="Text of the build's change: a stringified list, a list, or plain text; null where there is none.",
    )
    scope: str | None = Field("TP_Key", description="Product, suite or repository: tests of one scope run together.")
    steps: str | None = Field("TC_Steps", description="The test's steps, appended to its summary.")
    component: str | None = Field("CR_Component_Name", description="Components or paths that the change touches.")
    change_id: str | None = Field(None, description="Identifiers of the change (commit hashes).")
    duration: str | None = Field("Duration_s", description="How long the run took, in source.duration_unit.")


class SourceSettings(RecordSource):
    """How the files of a test execution history are read."""

    format: Literal["execution_history"] = Field("execution_history", description="What the rows describe.")
    columns: ExecutionHistoryColumns = Field(
        default_factory=lambda: ExecutionHistoryColumns(), description="The source's column names."
    )
    verdicts: dict[str, RunVerdict] = Field(
        default_factory=lambda: dict(DEFAULT_VERDICTS),
        description="Verdict words of the source beyond the usual ones (compared without case) and what each means.",
    )
    repository: str | None = Field(
        None, description="Git repository that JUnit reports belong to; its log gives the text of each change."
    )
    build_property: str = Field("build", description="Property of a JUnit report that names its build or commit.")
    commit_property: str = Field(
        "commit", description="Property of a JUnit report that names its commit, where the build has a name of its own."
    )
    duration_unit: DurationUnit = Field("s", description="Unit of the durations; those of JUnit reports are seconds.")
    scope_name: str = Field("default", min_length=1, description="Scope of rows whose source has no scope column.")

    @property
    def durations_per_second(self) -> int:
        """A duration of one second, in the source's unit."""
        return 1_000 if self.duration_unit == "ms" else 1

    @model_validator(mode="after")
    def _words_without_case(self) -> "SourceSettings":
        given = {word.strip().casefold(): to for word, to in self.verdicts.items()}
        object.__setattr__(self, "verdicts", {**DEFAULT_VERDICTS, **given})
        return self


class PairColumns(RecordColumns):
    """The source's own names for what a row of query and passage says; null where the source has none."""

    required = ("query", "passage")

    query: str = Field("query", description="What is asked.")
    passage: str = Field("positive", description="The passage that answers it.")
    context: str | None = Field(None, description="A longer passage that answers it, too.")
    negative: str | None = Field("negative", description="A passage that does not answer it.")
    group: str | None = Field(None, description="Document that the row was made from: it is split as a whole.")
    sub_domain: str | None = Field("domain", description="Part of the domain, for slices of the report.")


class PairSource(RecordSource):
    """How files of query-passage pairs are read."""

    takes_lists = False
    format: Literal["pairs"] = Field("pairs", description="What the rows describe.")
    columns: PairColumns = Field(default_factory=lambda: PairColumns(), description="The source's column names.")
    audit: AuditSettings = Field(default_factory=lambda: AuditSettings(), description="Rules for the texts.")


class RequirementColumns(RecordColumns):
    """The source's own names for what a requirement record says; null where the source has none."""

    required = ("concept", "requirements")

    concept_id: str | None = Field("concept_id", description="How the concept is called in reports.")
    concept: str = Field("concept", description="The concept, in a sentence.")
    requirements: str = Field(
        "requirements",
        description="Its requirements: an object with title, description, functional_requirements, "
        "non_functional_requirements and constraints, or YAML text of that.",
    )
    family: str | None = Field("family", description="What concepts have in common that must stand in one split.")
    domain: str | None = Field("domain", description="Part of the domain, for slices of the report.")
    synthetic: str | None = Field("synthetic", description="Of a made-up record: what made it.")


class RequirementSource(RecordSource):
    """How files of requirement records are read."""

    format: Literal["requirements"] = Field("requirements", description="What the rows describe.")
    columns: RequirementColumns = Field(
        default_factory=lambda: RequirementColumns(), description="The source's column names."
    )
