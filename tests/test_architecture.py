"""The house: who may import whom, and that importing does no work."""

import ast
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
# Each room, and the rooms that it may import from besides itself.
ROOMS = {
    "files": (),
    "devices": (),
    "models": ("files",),
    "losses": ("files",),
    "data": ("files",),
    "training": ("models", "losses", "data", "files", "devices"),
    "inference": ("models", "data", "files", "devices"),
    "train": ("training", "models", "losses", "data"),
    "stylize": ("inference", "models", "data"),
    "optimize": ("training", "losses"),
    "benchmarks": (
        "training", "inference", "models", "losses", "data", "files", "devices",
    ),
}  # fmt: skip
TENSORFLOW = {
    "data/photos.py", "training/strategy.py", "training/gradients.py",
    "benchmarks/training.py",
}  # fmt: skip
SOURCES = [
    path.relative_to(ROOT)
    for room in ROOMS
    for path in [*ROOT.glob(f"{room}.py"), *ROOT.glob(f"{room}/**/*.py")]
]


def imports(path):
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_arrows_point_down(path):
    room = path.parts[0].removesuffix(".py")
    for module in imports(path):
        other = module.split(".")[0]
        if other in ROOMS:
            assert other == room or other in ROOMS[room], f"{path} imports {module}"
        if other == "tensorflow":
            assert path.as_posix() in TENSORFLOW, f"{path} imports {module}"


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_files_hold_one_idea(path):
    assert len((ROOT / path).read_text("utf-8").splitlines()) <= 250


def test_reading_a_recipe_needs_no_backend(style):
    program = (
        "import sys; from models.checkpoint import read_recipe;"
        f"read_recipe({style!r});"
        "sys.exit(bool({'keras', 'tensorflow'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0
