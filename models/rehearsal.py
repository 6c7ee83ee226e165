"""Read weights in another process first, because damaged files can crash the HDF5 library.

Damage to the tables of an HDF5 file can end a process that reads it with SIGSEGV, or keep
it busy forever. No exception can be caught then.
"""

import contextlib
import pickle
import subprocess
import sys
from collections.abc import Mapping

from fusion_style.models.weights_file import Shapes

TIMEOUT = 60  # seconds; reading takes less than one
# It imports from the same places as this process. Errors are left to the process that reads
# the file again.
READ = """
import contextlib, pickle, sys
places, arguments = pickle.load(sys.stdin.buffer)
sys.path[:] = places
from fusion_style.models.weights_file import read_weights
with contextlib.suppress(Exception):
    read_weights(*pickle.loads(arguments))
"""
WINDOWS_CRASH = 0x80000000  # status of a process that crashed, and of no other


def rehearse(content: bytes, wanted: Mapping[str, Shapes]) -> None:
    """Call `models.weights_file.read_weights` in another process, and wait for its end.

    Where no other process can be started, as in a frozen program, nothing is done.

    Args:
        content, wanted: what `read_weights` takes.

    Raises:
        ValueError: if that process crashes, or does not end.
    """
    if not sys.executable or getattr(sys, "frozen", False):
        return
    arguments = pickle.dumps((content, dict(wanted)))
    with contextlib.suppress(OSError):
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-c", READ],
                input=pickle.dumps((sys.path, arguments)),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=TIMEOUT,
            )
        except subprocess.TimeoutExpired:
            raise ValueError("the HDF5 library does not come to its weights' end") from None
        if done.returncode < 0 or done.returncode >= WINDOWS_CRASH:
            raise ValueError("its weights crash the HDF5 library")
