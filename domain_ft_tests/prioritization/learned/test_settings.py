"""Settings of learned orders that will not do."""

import pytest
from pydantic import ValidationError

from domain_ft.prioritization.learned.settings import LambdarankSettings, NetworkSettings


def test_widths_are_taken_as_the_command_line_writes_them():
    assert NetworkSettings(hidden="[64, 32]").hidden == (64, 32)


@pytest.mark.parametrize("hidden", ["", "0", "64,9000"])
def test_widths_that_make_no_layer_are_refused(hidden):
    with pytest.raises(ValidationError, match="name one width or more"):
        NetworkSettings(hidden=hidden)


def test_a_stream_that_cannot_be_cut_into_tokens_is_refused_for_attention_alone():
    assert NetworkSettings(stream_width=30).stream_width == 30
    with pytest.raises(ValidationError, match="stream_width 30 cannot be cut into 4 tokens"):
        NetworkSettings(stream_width=30, fusion="cross_attention")


@pytest.mark.parametrize("settings", [LambdarankSettings, NetworkSettings])
def test_an_unknown_setting_is_refused_and_every_known_one_is_described(settings):
    with pytest.raises(ValidationError, match="Extra inputs"):
        settings(speed=1)
    assert all(field.description for field in settings.model_fields.values())
