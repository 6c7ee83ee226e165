"""demo.py, whose styles are "narrow" and "other": the style file of the first argument."""

import os
import signal
import sys
import threading
import time

style = sys.argv.pop(1)
TESTS = os.getppid()


def end_with_the_tests():
    """Nothing is left behind, even if the tests are killed."""
    while os.getppid() == TESTS:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


threading.Thread(target=end_with_the_tests, daemon=True).start()

import fusion_style.tests.support.tiny  # noqa: F401  (of `save_many`)
from fusion_style.page import styles

styles.shipped_styles = lambda: {"narrow": style, "other": style}

from fusion_style.demo import run

if __name__ == "__main__":
    run()
