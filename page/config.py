"""DemoConfig: the settings of demo.py."""

import dataclasses

from fusion_style.inference.engines.registry import ENGINES, PRECISIONS
from fusion_style.settings import setting


@dataclasses.dataclass(frozen=True)
class DemoConfig:
    """The page's address, who may use it, and how much work it accepts."""

    port: int | None = setting(
        "Port of the page. By default, the first free one from 7860.",
        None,
        at_least=1,
        at_most=65535,
    )
    browser: bool = setting("Open the page in the browser.", False)
    public: bool = setting(
        "Let other machines in. Visitors must log in, and cannot train.", False
    )
    user: str | None = setting("The name to log in with, for --public.", None)
    password_file: str | None = setting(
        "A file whose first line is the password. Or set FUSION_DEMO_PASSWORD.", None
    )
    learned: str = setting(
        "A folder for styles that are learned. The styles in it are on the page.",
        "learned",
    )
    megabytes: float = setting("The largest file that is accepted.", 200.0, above=0)
    megapixels: float = setting("The largest picture that is painted.", 24.0, above=0)
    seconds: float = setting(
        "The longest video that is painted, in seconds.", 60.0, above=0
    )
    minutes: float = setting(
        "The longest time for painting one video, in minutes.", 15.0, above=0
    )
    at_a_time: int = setting(
        "How many pictures are painted at the same time.", 1, at_least=1, at_most=64
    )
    waiting: int = setting(
        "How many requests may wait. Further ones are refused.",
        20,
        at_least=1,
        at_most=10_000,
    )
    engine: str = setting(
        "What computes; auto is OpenVINO, or Keras's backend on an NVIDIA GPU.",
        "auto",
        choices=ENGINES,
    )
    precision: str = setting("Precision of the network.", "auto", choices=PRECISIONS)
