"""The formats of an export, and the packages that each needs: the extra `export`, which not everyone installs."""

from importlib.util import find_spec
from typing import Literal

from domain_ft.errors import DomainFtError

Format = Literal["onnx", "openvino"]
_ONNX = ("onnx", "onnxruntime", "onnxscript")
PACKAGES: dict[Format, tuple[str, ...]] = {"onnx": _ONNX, "openvino": (*_ONNX, "openvino", "nncf")}
MODEL_FILE: dict[Format, str] = {"onnx": "model_int8.onnx", "openvino": "model_int8.xml"}


def require_packages(format_: Format) -> None:
    """Refuse an export whose packages are not installed, with how to install them."""
    missing = [name for name in PACKAGES[format_] if find_spec(name) is None]
    if missing:
        raise DomainFtError(
            f"exporting to {format_} needs {', '.join(missing)}; install them: "
            'pip install -e ".[export]" -c constraints.txt'
        )
