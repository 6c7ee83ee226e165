"""Where the page keeps what is temporary: in one folder, of which nothing is left."""

import contextlib
import os
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def temporary_folder() -> Iterator[str]:
    """Give a folder for the page and for Gradio, which is removed when the block is left.

    Gradio makes its own folder as soon as it is imported: import it in the block.
    """
    with tempfile.TemporaryDirectory(
        prefix="fusion-style-demo-", ignore_cleanup_errors=True
    ) as folder:
        os.environ["GRADIO_TEMP_DIR"] = os.path.join(folder, "uploads")
        yield folder
