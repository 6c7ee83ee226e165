"""demo.py, whose styles are "narrow" and "other": the style file of the first argument."""

import sys

style = sys.argv.pop(1)

import fusion_style.tests.support.tiny  # noqa: F401  (of `save_many`)
from fusion_style.page import styles

styles.shipped_styles = lambda: {"narrow": style, "other": style}

from fusion_style.demo import run

if __name__ == "__main__":
    run()
