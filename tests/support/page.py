"""A page on a port of this machine, in a process of its own, with small styles."""

import contextlib
import dataclasses
import os
import re
import signal
import subprocess
import sys
import time

STARTS, ENDS = 240, 60  # seconds, on a machine with much to do


@dataclasses.dataclass
class Served:
    """A page that is there: its address, and the folder for its temporary files."""

    address: str
    temporary: str


@contextlib.contextmanager
def served_page(style, folder, *flags):
    """Runs demo.py with a style under the names "narrow" and "other"; gives `Served`.

    What it prints is in page.log in the folder. When it ends, nothing temporary may be
    left.
    """
    temporary = folder / "temporary"
    temporary.mkdir()
    environment = os.environ | {
        "FUSION_STYLE_CACHE": str(folder / "cache"), "TMPDIR": str(temporary),
    }  # fmt: skip
    command = [sys.executable, "-m", "fusion_style.tests.support.narrow_page", style]
    with open(folder / "page.log", "wb") as log:
        process = subprocess.Popen(
            [*command, *flags], cwd=folder, env=environment, stdout=log,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        yield Served(address(process, folder / "page.log"), str(temporary))
    finally:
        process.terminate()
        try:
            process.wait(ENDS)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    assert os.listdir(temporary) == []
    assert process.returncode == 0


def address(process, log):
    """Waits until the page is there; returns where."""
    ends = time.monotonic() + STARTS
    while time.monotonic() < ends:
        printed = log.read_text()
        if found := re.search(r"The page is at (\S+)", printed):
            return found[1]
        assert process.poll() is None, printed
        time.sleep(0.2)
    raise AssertionError(f"The page has not started: {printed}")
