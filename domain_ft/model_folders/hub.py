"""Models of the Hugging Face hub: downloaded once, at one revision, safetensors only, and never waited for."""

import os
from functools import partial
from pathlib import Path

from domain_ft.errors import InputError
from domain_ft.safe_text import masked

_TIMEOUT_S = 10.0
_ENDPOINT_VARIABLE = "HF_ENDPOINT"
_WANTED = ["*.safetensors", "*.safetensors.index.json", "*.json", "*.txt", "*.model", "*.jinja"]
_UNWANTED = ["onnx/*", "openvino/*"]


def download_model(name: str, revision: str | None, cache: Path, setting: str = "base_model") -> Path:
    """The folder of a hub model's snapshot; one that was downloaded before is used where the hub is out of reach.

    `HF_TOKEN` in the environment gives access to private and gated models.
    """
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError

    endpoint = os.environ.get(_ENDPOINT_VARIABLE)
    # Asked for by the revision's own name and not by its commit, or the client keeps no note of which commit that is,
    # and with the same patterns offline, or it holds what was left out for missing.
    download = partial(
        snapshot_download,
        name,
        revision=revision,
        endpoint=endpoint,
        cache_dir=cache,
        allow_patterns=_WANTED,
        ignore_patterns=_UNWANTED,
    )
    try:
        try:
            HfApi(endpoint=endpoint).model_info(name, revision=revision, timeout=_TIMEOUT_S)
        except RevisionNotFoundError:
            raise InputError(f"base_revision: {name} has no revision {revision!r} on the hub") from None
        except RepositoryNotFoundError:
            raise InputError(
                f"{setting}: no model {name!r} on the hub, or no access to it; check the id, or set HF_TOKEN"
            ) from None
        return Path(download())
    except InputError:
        raise
    except Exception as error:  # the client's errors of connection share no base class
        try:
            return Path(download(local_files_only=True))
        except LocalEntryNotFoundError:
            raise InputError(_how_to_do_without(name, error, setting)) from None


def _how_to_do_without(name: str, error: Exception, setting: str) -> str:
    reason = masked((str(error) or type(error).__name__).splitlines()[0])
    other = " (or use base_model: starter)" if setting == "base_model" else ""
    return (
        f"{setting}: the hub cannot be reached for {name} ({reason}); where it can, run `hf download {name} "
        f"--local-dir FOLDER`, bring the folder here, and set {setting} to it{other}"
    )
