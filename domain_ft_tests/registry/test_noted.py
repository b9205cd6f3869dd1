"""What is noted as registered, and for which MLflow."""

import pytest

from domain_ft.registry.noted import note_url, noted_url
from domain_ft.store.home import Home

URL = "http://127.0.0.1:5000/#/experiments/1/runs/2"


def test_what_was_noted_is_known_until_the_store_or_its_address_is_another(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.state.mkdir()
    store = home.state / "mlflow.db"
    store.touch()
    assert noted_url(home, "d", "v") is None
    note_url(home, "d", "v", URL)
    assert noted_url(home, "d", "v") == URL
    assert noted_url(home, "d", "w") is None
    with monkeypatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", "http://someone:s3cr3t@server:5000")
        assert noted_url(home, "d", "v") is None
        note_url(home, "d", "v", URL)
        assert "s3cr3t" not in (home.state / "registered" / "d" / "v.json").read_text()
    note_url(home, "d", "v", URL)
    store.rename(home.state / "away.db")
    store.touch()
    assert noted_url(home, "d", "v") is None
