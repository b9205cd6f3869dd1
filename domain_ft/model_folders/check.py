"""Is a folder a model that can be loaded without running anything in it? Asked before any library opens it.

A model of the hub may ask for code of its own, keep its weights in a pickle, or name modules anywhere on the disk;
each is refused by the name of the file that says so. No torch is needed to ask.
"""

import json
from pathlib import Path
from typing import Any

from domain_ft.errors import InputError
from domain_ft.safe_text import brief

_PICKLES = ("pytorch_model*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt", "model.bin")
_CONFIGS = "*config*.json"
_OWN_CODE = "auto_map"


def check_model_folder(folder: Path) -> None:
    """Refuse a folder that is no model, needs code of its own, or whose weights are not whole safetensors."""
    modules = _modules(folder / "modules.json")
    if not (folder / "config.json").is_file() and not modules:
        raise InputError(f"{folder}: not a model folder (it holds neither config.json nor modules.json)")
    for part in sorted({folder, *(_part(folder, module) for module in modules)}):
        _refuse_own_code(part)
        _refuse_pickles(part)
    weights = sorted(folder.rglob("*.safetensors"))
    if not weights:
        raise InputError(f"{folder}: holds no weights (model.safetensors); copy the whole model there")
    for path in weights:
        _check_whole(path)


def _modules(path: Path) -> list[dict[str, Any]]:
    modules = _read_json(path) or []
    if not isinstance(modules, list) or not all(isinstance(module, dict) for module in modules):
        raise InputError(f"{path}: is no list of modules; copy the model again")
    for module in modules:
        if not str(module.get("type", "")).startswith("sentence_transformers."):
            kind = brief(str(module.get("type")))
            raise InputError(f"{path}: asks for code of its own ({kind}), which is never run; use another model")
    return modules


def _part(folder: Path, module: dict[str, Any]) -> Path:
    """The folder of a module, which lies in the model's."""
    name = str(module.get("path", ""))
    try:
        inside = (folder / name).resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError):
        inside = False
    if not inside:
        raise InputError(
            f"{folder / 'modules.json'}: names a module outside its folder ({brief(name)}); use another model"
        )
    return folder / name


def _refuse_own_code(part: Path) -> None:
    for path in sorted(part.glob(_CONFIGS)):
        config = _read_json(path)
        if isinstance(config, dict) and _OWN_CODE in config:
            raise InputError(f"{path}: asks for code of its own (auto_map), which is never run; use another model")


def _refuse_pickles(part: Path) -> None:
    pickles = sorted(path for pattern in _PICKLES for path in part.glob(pattern))
    if pickles and not any(part.glob("*.safetensors")):
        raise InputError(
            f"{pickles[0]}: weights in a pickle, which can run code when it is read; convert the model to safetensors"
        )


def _check_whole(path: Path) -> None:
    """InputError for a file that is cut short, or of another format whatever its name says."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np"):
            pass
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: not whole safetensors ({brief(str(error), 200)}); copy the model again") from None


def _read_json(path: Path) -> Any:
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not readable as JSON ({brief(str(error), 200)}); copy the model again") from None
