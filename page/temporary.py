"""Keep the page's temporary files in one folder, and remove it at the end."""

import contextlib
import os
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def temporary_folder() -> Iterator[str]:
    """Make a folder for the page and for Gradio; remove it when the block is left.

    Gradio makes its folder when it is imported: import it in the block.
    """
    with tempfile.TemporaryDirectory(
        prefix="fusion-style-demo-", ignore_cleanup_errors=True
    ) as folder:
        os.environ["GRADIO_TEMP_DIR"] = os.path.join(folder, "uploads")
        yield folder
