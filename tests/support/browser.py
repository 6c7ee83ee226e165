"""A real Chromium without a window, and a server for the folder that it shows.

Whatever a browser does, the tests go on: it starts within `STARTS` seconds or the tests are
skipped, a test ends within a minute, and no process of it is left behind.
"""

import contextlib
import dataclasses
import functools
import http.server
import importlib.util
import os
import shlex
import shutil
import signal
import tempfile
import threading
import time
import uuid

import pytest

from fusion_style.exports.web import runtime

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next((path for path in map(shutil.which, NAMES) if path), None)
STARTS, ENDS = 40, 20  # seconds that a browser may take to start, and to end
LIMIT, LARGEST = 60, 180  # seconds for one test; and on a machine with much to do
USUAL = 4  # seconds, for the start of a browser on a machine that has time
PATIENCE = 0.75  # of the limit, for one step of a test
MARK = "FUSION_STYLE_BROWSER"  # in the environment of all processes of a browser
ARGUMENTS = [
    "--no-sandbox",
    "--no-first-run",
    "--mute-audio",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


def no_chromium():
    """What a test in a browser lacks here, in words; "" for nothing."""
    if not importlib.util.find_spec("playwright"):
        return "playwright is not installed: pip install -e '.[test]'"
    if CHROMIUM is None:
        return f"no Chromium is installed, none of {', '.join(NAMES)}"
    return ""


def missing():
    """What a test of the exported page lacks here, in words; "" for nothing."""
    if said := no_chromium():
        return said
    if not importlib.util.find_spec("onnx"):
        return "onnx is not installed: pip install -e '.[export]'"
    if not runtime.is_kept():
        return (
            "onnxruntime-web is not fetched yet: python export.py --style udnie "
            "--format web, where npm is"
        )
    return ""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def served(folder):
    """(address, what stops it) of a folder, as any static host serves it."""
    handler = functools.partial(Quiet, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def stop():
        server.shutdown()
        server.server_close()
        thread.join()

    try:
        yield f"http://127.0.0.1:{server.server_port}/", stop
    finally:
        stop()


@dataclasses.dataclass
class Chromium:
    """Playwright's browser, the mark of its processes, and the seconds for one test."""

    browser: object
    mark: str
    limit: float

    def new_context(self, **options):
        """A context of the browser, in which no step takes forever."""
        context = self.browser.new_context(**options)
        context.set_default_timeout(1000 * PATIENCE * self.limit)
        return context

    @contextlib.contextmanager
    def limited(self):
        """A test in this block that takes too long fails, because its browser is killed."""
        with within(self.limit, self.mark) as late:
            yield
        if late:
            pytest.fail(f"the browser was killed after {self.limit:.0f} seconds")


@contextlib.contextmanager
def chromium():
    """A `Chromium`. If it does not start, the tests that want it are skipped."""
    from playwright.sync_api import Error, sync_playwright

    folder, mark = tempfile.mkdtemp(prefix="browser-"), uuid.uuid4().hex
    given = {name: os.environ.get(name) for name in (MARK, "TMPDIR")}
    stack, began = contextlib.ExitStack(), time.monotonic()
    try:
        try:
            # The driver hands its environment on to the browser. Profiles are in TMPDIR.
            os.environ |= {MARK: mark, "TMPDIR": folder}
            with within(STARTS, mark):
                playwright = stack.enter_context(sync_playwright())
                browser = playwright.chromium.launch(
                    executable_path=harmless(CHROMIUM, folder), args=ARGUMENTS,
                    timeout=1000 * STARTS,
                )  # fmt: skip
                browser.new_page().close()
        except Exception as error:  # where the driver ends, Playwright raises just this
            pytest.skip(f"Chromium does not start here: {error}")
        finally:
            restore(given)
        slow = (time.monotonic() - began) / USUAL
        yield Chromium(browser, mark, min(max(LIMIT, LIMIT * slow), LARGEST))
        with within(ENDS, mark), contextlib.suppress(Error):
            browser.close()
    finally:
        with within(ENDS, mark), contextlib.suppress(Exception):
            stack.close()
        kill(mark)
        shutil.rmtree(folder, ignore_errors=True)


def harmless(path, folder):
    """Return what starts Chromium without real-time threads, which root's may have.

    On few cores, threads of Chromium that play sound in real time can keep all other
    processes from running, its own among them, until the machine is turned off.
    """
    if not hasattr(os, "geteuid") or os.geteuid() or not shutil.which("setpriv"):
        return path
    drop = "setpriv --bounding-set=-sys_nice --inh-caps=-sys_nice"
    script = os.path.join(folder, "chromium")
    with open(script, "w") as file:
        file.write(f'#!/bin/sh\nexec {drop} nice -n 5 {shlex.quote(path)} "$@"\n')
    os.chmod(script, 0o755)
    return script


@contextlib.contextmanager
def within(seconds, mark):
    """Kill a browser if the block takes longer: who waits for it gets an error.

    Gives a list, which is not empty if that happened.
    """
    late = []
    if not hasattr(signal, "setitimer"):
        yield late
        return

    def alarm(*_):
        late.append(True)
        kill(mark)

    before = signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds, ENDS)
    try:
        yield late
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def kill(mark):
    """Kill all processes whose environment has the mark; returns when they are gone."""
    ends = time.monotonic() + ENDS
    while (found := processes(mark)) and time.monotonic() < ends:
        for number in found:
            with contextlib.suppress(ProcessLookupError):
                # Parts of Chromium write over their environment. They are in its group.
                if (group := os.getpgid(number)) != os.getpgid(0):
                    os.killpg(group, signal.SIGKILL)
                else:
                    os.kill(number, signal.SIGKILL)
        time.sleep(0.1)


def processes(mark):
    """Return the numbers of the processes whose environment has the mark (on Linux)."""
    wanted, found = f"{MARK}={mark}".encode(), []
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if name.isdigit() and int(name) != os.getpid():
            with contextlib.suppress(OSError), open(f"/proc/{name}/environ", "rb") as file:
                if wanted in file.read().split(b"\0"):
                    found.append(int(name))
    return found


def restore(environment):
    """Set variables of the environment as they were: None removes one."""
    for name, value in environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
