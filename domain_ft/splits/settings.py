"""How much is held out for validation and test, and along which line the data is cut."""

from typing import Literal

from pydantic import Field, model_validator

from domain_ft.settings import Settings


class ShareSettings(Settings):
    """Shares of what is divided."""

    validation: float = Field(0.1, gt=0, lt=1, description="Share for choosing settings and checkpoints.")
    test: float = Field(0.2, gt=0, lt=1, description="Share for the benchmark alone.")

    @model_validator(mode="after")
    def _leaves_something_to_train_on(self) -> "ShareSettings":
        if self.validation + self.test >= 1:
            raise ValueError(
                f"validation {self.validation} + test {self.test} leave nothing to train on; their sum must be below 1"
            )
        return self


class SplitSettings(ShareSettings):
    """Shares of the builds, in the order of time: train first, then validation, then test."""

    by: Literal["time"] = Field("time", description="The line along which is split.")
    validation: float = Field(0.1, gt=0, lt=1, description="Share of builds for choosing settings and checkpoints.")
    test: float = Field(0.2, gt=0, lt=1, description="Share of builds, the newest, for the benchmark alone.")


class GroupSplitSettings(ShareSettings):
    """Shares of the groups: documents, or what is connected by shared and nearly equal texts."""

    by: Literal["group"] = Field("group", description="The line along which is split.")
