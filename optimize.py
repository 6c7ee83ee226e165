"""Optimize the pixels of one picture: slower than a learned style, but of higher quality.

python optimize.py --content photo.jpg --style painting.jpg --out result.png
python optimize.py --content photo.jpg --style a.jpg,b.jpg --style_weights 2,1
python optimize.py --content photo.jpg --style painting.jpg --start noise --objective gatys
python optimize.py --content photo.jpg --dream relu4_1 --out dream.png
python optimize.py --out result.png --resume                 # continue after Ctrl-C
"""

import sys

try:
    from fusion_style import backend
except ModuleNotFoundError:
    sys.exit(
        "Fusion Style is not installed. In the folder of its setup.py: pip install -e ."
    )

backend.set_defaults()

import shlex

from absl import flags

from fusion_style.flags import define_flags, given, run_script
from fusion_style.optimization.config import OptimizeConfig
from fusion_style.optimization.picture import optimize_picture
from fusion_style.optimization.snapshots import checkpoint_path, read_checkpoint
from fusion_style.settings import build

FLAGS = flags.FLAGS
define_flags(OptimizeConfig)


def config_of_flags() -> OptimizeConfig:
    """Return the settings from the flags; with --resume, others from the checkpoint.

    Raises:
        ValueError, OSError: if there is no photograph, or no checkpoint to resume from.
    """
    settings = given(OptimizeConfig)
    if FLAGS.resume:  # settings that are not given again keep their values
        before = read_checkpoint(checkpoint_path(FLAGS.out))["settings"]
        settings = before | {"out": FLAGS.out} | settings
    if "content" not in settings:
        raise ValueError("Give a photograph: --content FILE")
    return build(OptimizeConfig, settings)


def main(argv: list[str]) -> str | int | None:
    """Optimize as the flags say; return the exit status or an error message."""
    if len(argv) > 1:
        return f"optimize.py takes flags only. Received: {' '.join(argv[1:])}"
    try:
        result = optimize_picture(config_of_flags())
    except (
        ValueError, OSError, FloatingPointError, MemoryError, NotImplementedError,
    ) as error:  # fmt: skip
        return f"optimize.py: {error or 'out of memory'}"
    except KeyboardInterrupt:
        return (
            "optimize.py: interrupted before the first iteration was done. If there is an "
            "earlier checkpoint, --resume continues from it"
        )
    if not result["finished"]:
        again = shlex.join(["python", "optimize.py", f"--out={FLAGS.out}", "--resume"])
        print(f"Stopped. The latest picture: {FLAGS.out}\nTo go on: {again}")
        return 1
    print(f"Optimized in {result['seconds']:.0f} s: {result['out']}")
    return None


def run() -> None:
    """Run the script; the command `fusion-optimize` calls this."""
    run_script(main)


if __name__ == "__main__":
    run()
