"""The house: who may import whom, and that importing does no work."""

import ast
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
CELLAR = ("files", "devices", "backend", "fields", "settings", "locks")
GROUND = ("models", "losses", "data")
MIDDLE = ("training", "optimization", "inference", "exports")
# Each room, and the rooms that it may import from besides itself.
ROOMS = {
    "files": (),
    "devices": (),
    "backend": ("devices",),
    "fields": (),
    "settings": ("fields",),
    "locks": (),
    "flags": ("settings",),
    "models": CELLAR,
    "losses": CELLAR,
    "data": CELLAR,
    "training": (*GROUND, *CELLAR),
    "optimization": (*GROUND, *CELLAR),
    "inference": (*GROUND, *CELLAR),
    "exports": (*GROUND, *CELLAR, "__version__"),
    "train": (*MIDDLE, *GROUND, *CELLAR, "flags"),
    "stylize": (*MIDDLE, *GROUND, *CELLAR, "flags"),
    "optimize": (*MIDDLE, *GROUND, *CELLAR, "flags"),
    "export": (*MIDDLE, *GROUND, *CELLAR, "flags"),
    "page": (*MIDDLE, *GROUND, *CELLAR),
    "demo": (*MIDDLE, *GROUND, *CELLAR, "flags", "page"),
    "benchmarks": (*MIDDLE, *GROUND, *CELLAR, "flags"),
}  # fmt: skip
TENSORFLOW = {
    "data/photos/sources.py", "data/photos/stream.py", "training/strategy.py",
    "optimization/gradients.py", "benchmarks/training.py",
    "exports/tensorflow.py", "exports/savedmodel.py", "exports/litert.py",
    "inference/engines/places.py",
    "benchmarks/runtimes.py",
}  # fmt: skip
SOURCES = [
    path.relative_to(ROOT)
    for room in ROOMS
    for path in [*ROOT.glob(f"{room}.py"), *ROOT.glob(f"{room}/**/*.py")]
]
TESTS = [path.relative_to(ROOT) for path in ROOT.glob("tests/**/*.py")]
# TODO: each of these holds two ideas, and is to be split.


def imports(path):
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_arrows_point_down(path):
    room = path.parts[0].removesuffix(".py")
    for module in imports(path):
        package, _, inside = module.partition(".")
        other = inside.split(".")[0] if package == "fusion_style" else package
        if package == "fusion_style":
            assert other in (room, *ROOMS[room]), f"{path} imports {module}"
        assert package not in ROOMS, f"{path} imports {module}"
        if other == "tensorflow":
            assert path.as_posix() in TENSORFLOW, f"{path} imports {module}"


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=str)
def test_files_hold_one_idea(path):
    assert len((ROOT / path).read_text("utf-8").splitlines()) <= 250


def test_reading_a_recipe_needs_no_backend(style):
    program = (
        "import sys; from fusion_style.models.style_file import read_recipe;"
        f"read_recipe({style!r});"
        "sys.exit(bool({'keras', 'tensorflow'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0
