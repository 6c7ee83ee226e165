"""A real Chromium without a window, and a server for the folder that it shows."""

import contextlib
import functools
import http.server
import importlib.util
import os
import shutil
import threading

from fusion_style.exports.web import runtime

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next((path for path in map(shutil.which, NAMES) if path), None)
FAKE_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


def missing():
    """What a test of the page lacks here, in words; "" for nothing."""
    if not importlib.util.find_spec("playwright"):
        return "playwright is not installed: pip install -e '.[test]'"
    if not importlib.util.find_spec("onnx"):
        return "onnx is not installed: pip install -e '.[export]'"
    if CHROMIUM is None:
        return f"no Chromium is installed, none of {', '.join(NAMES)}"
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


@contextlib.contextmanager
def chromium(*arguments):
    """Playwright's browser."""
    from playwright.sync_api import sync_playwright

    root = hasattr(os, "geteuid") and os.geteuid() == 0
    arguments = [*arguments, *FAKE_CAMERA, *(["--no-sandbox"] if root else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        try:
            yield browser
        finally:
            browser.close()
