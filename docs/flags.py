"""Rewrite the tables of flags in docs/, from the dataclasses of settings.

    python docs/flags.py

The table of train.py's flags is between `<!-- flags: train -->` and `<!-- end -->`. A test
fails if a table is out of date.
"""

import importlib
import pathlib
import re

from fusion_style.flags import table

FOLDER = pathlib.Path(__file__).parent
CONFIGS = {  # {script: the dataclass whose fields are its flags}
    "stylize": "fusion_style.inference.config.PaintConfig",
    "train": "fusion_style.training.config.TrainConfig",
    "optimize": "fusion_style.optimization.config.OptimizeConfig",
    "demo": "fusion_style.page.config.DemoConfig",
    "export": "fusion_style.exports.config.ExportConfig",
}
MARKED = re.compile(r"(<!-- flags: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def with_tables(text: str) -> str:
    """Return the text of a page with its tables, from `CONFIGS`, brought up to date."""

    def fresh(match: re.Match[str]) -> str:
        begin, script, end = match.groups()
        if script not in CONFIGS:
            return match[0]
        module, _, name = CONFIGS[script].rpartition(".")
        config_class = getattr(importlib.import_module(module), name)
        return f"{begin}\n{table(config_class)}\n\n{end}"

    return MARKED.sub(fresh, text)


def main() -> None:
    """Rewrite all pages in docs/ whose tables are out of date."""
    for page in sorted(FOLDER.glob("*.md")):
        text = page.read_text("utf-8")
        if (now := with_tables(text)) != text:
            page.write_text(now, "utf-8")
            print(f"Rewritten: {page}")


if __name__ == "__main__":
    main()
