"""What a recording is asked for, and the limits within which somebody's code is run."""

from pathlib import Path

from pydantic import Field

from domain_ft.settings import Settings


class RecordingSettings(Settings):
    """A recording of a project's tests; what decides its content names its folder, the number of changes does not."""

    changes: int = Field(gt=0, description="Changes to try, one at a time.")
    seed: int = Field(42, ge=0, description="Which changes are tried, and in which order.")
    python: Path | None = Field(None, description="Interpreter that has the project's dependencies and pytest.")
    source: Path | None = Field(None, description="Folder within the project whose files are changed; default: all.")
    tests: Path | None = Field(None, description="Folder or file of tests to run; default: what pytest finds.")
    timeout: float | None = Field(
        None, gt=0, description="Seconds for one run of the tests; default: five times the first, and at least 60."
    )
    scope: str | None = Field(
        None, min_length=1, description="Scope of the tests; default: that of the JUnit reports that the domain reads."
    )
