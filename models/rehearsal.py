"""Read weights in another process first, because damaged files can crash the HDF5 library.

Damage to the tables of an HDF5 file can end a process that reads it with SIGSEGV, or keep
it busy forever. No exception can be caught then.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Mapping

from fusion_style.models.weights_file import Shapes

TIMEOUT = 60  # seconds; reading takes less than one
# Errors are left to the process that reads the file again.
READ = """
import contextlib, pickle, sys
from fusion_style.models.weights_file import read_weights
with contextlib.suppress(Exception):
    read_weights(*pickle.load(sys.stdin.buffer))
"""


def rehearse(content: bytes, wanted: Mapping[str, Shapes]) -> None:
    """Call `models.weights_file.read_weights` in another process, and wait for its end.

    Args:
        content, wanted: what `read_weights` takes.

    Raises:
        ValueError: if that process crashes, or does not end.
    """
    modules = {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONSAFEPATH": "1"}
    try:
        subprocess.run(
            [sys.executable, "-c", READ],
            input=pickle.dumps((content, dict(wanted))),
            env=os.environ | modules,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT,
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise ValueError("the HDF5 library does not come to its weights' end") from None
    except subprocess.CalledProcessError:
        raise ValueError("its weights crash the HDF5 library") from None
