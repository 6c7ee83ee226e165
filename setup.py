"""The package `fusion_style` is the root of the repository: see docs/architecture.md."""

import re
from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).parent
FOLDERS = (
    "models", "losses", "data", "training", "optimization", "inference", "exports",
    "page",
)  # fmt: skip
# Packages for exports: onnx writes files, the others run them.
EXPORT = ["ai-edge-litert>=2.0; sys_platform != 'win32'", "onnx>=1.16", "onnxruntime>=1.18"]
DEMO = ["gradio>=6.0"]


def version() -> str:
    """Return `__version__`, which is written only in `__init__.py`."""
    text = (ROOT / "__init__.py").read_text("utf-8")
    return re.findall(r'__version__ = "(.+)"', text)[0]


def packages() -> list[str]:
    """Return the names of the package and of all packages inside it."""
    folders = {file.parent for name in FOLDERS for file in (ROOT / name).rglob("*.py")}
    inside = [".".join(folder.relative_to(ROOT).parts) for folder in sorted(folders)]
    return ["fusion_style", *(f"fusion_style.{name}" for name in [*inside, "pretrained"])]


setup(
    name="fusion-style",
    version=version(),
    description="Fast neural style transfer on TensorFlow and Keras 3",
    license="MIT",
    python_requires=">=3.10",
    package_dir={"fusion_style": "."},
    packages=packages(),
    package_data={
        "fusion_style": ["py.typed"],
        "fusion_style.exports.web": ["*.json", "browser/*", "browser/runtime/*"],
        "fusion_style.losses.features": ["*.safetensors", "*.json"],
        "fusion_style.pretrained": ["*.keras", "SHA256SUMS"],
    },
    entry_points={
        "console_scripts": [
            f"fusion-{name} = fusion_style.{name}:run"
            for name in ("train", "stylize", "optimize", "export", "demo")
        ]
    },
    install_requires=[
        "absl-py",
        "av>=16",
        "filelock",
        "h5py",
        "importlib_resources",  # COCO in tensorflow-datasets needs it, undeclared
        "keras>=3.12",
        "numpy",
        "opencv-python-headless",
        "openvino>=2024.4",
        "pillow>=10.1",
        "platformdirs",
        "safetensors",
        "scikit-image",  # has the sample photographs
        "scipy>=1.11",  # L-BFGS-B whose callback can stop it
        "tensorboardX",
        "tensorflow>=2.18",
        "tensorflow-datasets",
        "tqdm",
    ],
    extras_require={
        # playwright drives an installed Chromium; it downloads none.
        "test": [
            *DEMO,
            *EXPORT,
            "fsspec",
            "hypothesis",
            "nncf",
            "playwright",
            "pytest",
            "pytest-xdist",
        ],
        # Other versions of ruff may format differently; .ci/run and the hooks use this one.
        "dev": ["mypy>=1.18", "pre-commit", "ruff==0.17.6"],
        "plots": ["matplotlib"],
        "int8": ["nncf"],
        "export": EXPORT,
        # The page in the browser.
        "demo": DEMO,
        # Painting on several machines, and in buckets. It isn't in `test`: it takes 490 MB,
        # and its tests need minutes of a busy machine. Without Ray they are skipped.
        "ray": ["fsspec", "pyarrow", "ray[data]>=2.60"],
        "s3": ["s3fs"],
        "gs": ["gcsfs"],
        # Other backends for training if TensorFlow has no GPU: KERAS_BACKEND=torch.
        "torch": ["torch>=2.4"],
        "jax": ["jax>=0.4.34"],
    },
)
