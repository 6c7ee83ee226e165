"""Fetch onnxruntime-web, which runs models in a browser, once with npm, and keep it.

Its version and the hashes of all packages are in package-lock.json, and npm checks them.
"""

import json
import os
import shutil
import subprocess
import tempfile

from fusion_style.files import cache_folder, sha256

HERE = os.path.dirname(__file__)
LOCK = os.path.join(HERE, "package-lock.json")
PACKAGE = "onnxruntime-web"
FILES = (
    "ort.wasm.min.mjs",  # WebAssembly alone, half as large
    "ort-wasm-simd-threaded.mjs",
    "ort-wasm-simd-threaded.wasm",
    "ort.webgpu.min.mjs",  # WebGPU
    "ort-wasm-simd-threaded.asyncify.mjs",
    "ort-wasm-simd-threaded.asyncify.wasm",
)
PATIENCE = 600  # seconds


def version() -> str:
    """Return the version of onnxruntime-web that is pinned."""
    with open(LOCK, encoding="utf-8") as file:
        return json.load(file)["packages"][f"node_modules/{PACKAGE}"]["version"]


def kept_folder() -> str:
    """Return the folder for `FILES`; it need not exist yet."""
    return os.path.join(cache_folder(), f"{PACKAGE}-{version()}-{sha256(LOCK)[:16]}")


def is_kept() -> bool:
    """Return whether all of `FILES` are in `kept_folder`."""
    return all(os.path.isfile(os.path.join(kept_folder(), name)) for name in FILES)


def fetch() -> str:
    """Return the folder with `FILES`; the first time, npm fetches them.

    Raises:
        ValueError: if npm is not installed or cannot fetch them.
        OSError: if they cannot be written.
    """
    folder = kept_folder()
    if is_kept():
        return folder
    npm = shutil.which("npm")
    if npm is None:
        raise ValueError(
            f"npm, which fetches {PACKAGE} {version()} for the page, is not installed. "
            "Install Node.js, which contains npm: https://nodejs.org"
        )
    os.makedirs(cache_folder(), exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".npm.", dir=cache_folder()) as work:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(os.path.join(HERE, name), work)
        install(npm, work)
        dist, new = os.path.join(work, "node_modules", PACKAGE, "dist"), f"{work}.new"
        os.mkdir(new)
        try:
            for name in FILES:
                shutil.move(os.path.join(dist, name), new)
            shutil.rmtree(folder, ignore_errors=True)  # it may be incomplete
            os.replace(new, folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    return folder


def install(npm: str, folder: str) -> None:
    """Install the packages of a folder's lock file with npm, without running scripts.

    Raises:
        ValueError: if it fails; the message has npm's reason.
    """
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        subprocess.run(
            command, cwd=folder, check=True, capture_output=True, text=True,
            timeout=PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        reason = f"it took over {PATIENCE} seconds"
        raise ValueError(f"npm cannot fetch {PACKAGE} {version()}: {reason}") from error
    except subprocess.CalledProcessError as error:
        lines = [line for line in error.stderr.splitlines() if line.strip()]
        said = [line.removeprefix("npm error").strip() for line in lines]
        reason = "; ".join(said[:2]) or f"exit status {error.returncode}"
        raise ValueError(f"npm cannot fetch {PACKAGE} {version()}: {reason}") from error
