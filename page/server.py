"""Serve the page, and leave nothing behind at the end."""

import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

from starlette.middleware import Middleware

from fusion_style.page.build import build_page
from fusion_style.page.config import DemoConfig
from fusion_style.page.lesson import Lesson
from fusion_style.page.look import CSS, theme
from fusion_style.page.studio import Studio
from fusion_style.page.sweeping import swept

# The page may do everything in a browser, but connect only to this server.
POLICY = (
    "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; "
    "frame-ancestors 'self'; form-action 'self'; base-uri 'self'"
)
HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]


class Headers:
    """Add `HEADERS` to every answer.

    Args:
        app: the ASGI app.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request of ASGI."""

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        await self.app(scope, receive, with_headers)


@contextlib.contextmanager
def served(
    config: DemoConfig, folder: str, may_enter: Callable[[str, str], bool] | None = None
) -> Iterator[str]:
    """Serve the page while the block runs; yield its address.

    Args:
        config: of the page.
        folder: from `temporary_folder`.
        may_enter: from `gate`; with None, nobody must log in.

    Raises:
        OSError: if the port is taken.
    """
    logging.getLogger("httpx").setLevel(logging.WARNING)  # Gradio sends requests to itself
    studio = Studio(config, os.path.join(folder, "paintings"))
    lesson = Lesson(studio, os.path.join(folder, "lessons"))
    page = build_page(studio, None if config.public else lesson)
    page.queue(max_size=config.waiting)
    try:
        _, address, _ = page.launch(
            server_name="0.0.0.0" if config.public else "127.0.0.1",
            server_port=config.port,
            inbrowser=config.browser,
            auth=may_enter,
            share=False,
            ssr_mode=False,
            pwa=False,
            mcp_server=False,
            enable_monitoring=False,
            show_error=True,
            quiet=True,
            prevent_thread_lock=True,
            footer_links=["api"],
            max_file_size=int(config.megabytes * 1e6),
            app_kwargs={"middleware": [Middleware(Headers)]},
            theme=theme(),
            css=CSS,
        )
        with swept(studio.folder):
            yield address
    finally:
        lesson.end()
        page.close(verbose=False)


def wait() -> None:
    """Return when Ctrl-C is pressed, or the process is told to end."""
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(3600)
