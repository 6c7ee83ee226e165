"""Serve a page that paints pictures, videos and the webcam.

python demo.py                        # http://127.0.0.1:7860, for this machine alone
python demo.py --browser              # open it in the browser, too
python demo.py --public --user ann --password_file secret.txt   # for other machines, too
"""

import os
import signal
import sys

try:
    from fusion_style import backend
except ModuleNotFoundError:
    sys.exit(
        "Fusion Style is not installed. In the folder of its setup.py: pip install -e ."
    )

backend.set_defaults()
# Gradio and its dependencies send no usage data to their makers.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import importlib.util
from types import FrameType

from fusion_style.flags import define_flags, given, run_script
from fusion_style.page.config import DemoConfig
from fusion_style.page.gate import gate
from fusion_style.page.temporary import temporary_folder
from fusion_style.settings import build, check

define_flags(DemoConfig)


def main(argv: list[str]) -> str | int:
    """Serve the page until Ctrl-C; return the exit status or an error message."""
    if len(argv) > 1:
        return f"demo.py takes flags only. Received: {' '.join(argv[1:])}"
    if importlib.util.find_spec("gradio") is None:
        return "demo.py: the page needs Gradio: pip install -e '.[demo]'"
    try:
        config = build(DemoConfig, given(DemoConfig))
        check(config)
        may_enter = gate(config)
        signal.signal(signal.SIGTERM, interrupt)  # so that temporary files are removed, too
        with temporary_folder() as folder:
            print("Starting ...", flush=True)
            from fusion_style.page.server import served, wait

            with served(config, folder, may_enter) as address:
                print(f"The page is at {address}\nCtrl-C ends it.", flush=True)
                wait()
    except (ValueError, OSError) as error:
        return f"demo.py: {error}"
    except KeyboardInterrupt:
        pass
    return 0


def interrupt(number: int, frame: FrameType | None) -> None:
    """Treat a signal like Ctrl-C."""
    raise KeyboardInterrupt


def run() -> None:
    """Run the script; the command `fusion-demo` calls this."""
    run_script(main)


if __name__ == "__main__":
    run()
