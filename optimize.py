"""Optimizes the pixels of one picture: the slow path, for pictures at their best.

python optimize.py --content photo.jpg --style painting.jpg --out result.png
python optimize.py --content photo.jpg --style a.jpg,b.jpg --style_weights 2,1
python optimize.py --content photo.jpg --style painting.jpg --start noise --objective gatys
python optimize.py --content photo.jpg --dream relu4_1 --out dream.png
python optimize.py --out result.png --resume                 # goes on after Ctrl-C
"""

import sys

try:
    from fusion_style import backend
except ModuleNotFoundError:
    sys.exit(
        "Fusion Style is not installed. In the folder of its setup.py: pip install -e ."
    )

backend.set_defaults()

import inspect
import shlex

from absl import app, flags

from fusion_style.losses.features.networks import ARCHITECTURES
from fusion_style.optimization.config import OBJECTIVES
from fusion_style.optimization.minimize import METHODS
from fusion_style.optimization.picture import optimize_picture
from fusion_style.optimization.snapshots import checkpoint_path, read_checkpoint

DEFAULTS = {
    name: parameter.default
    for name, parameter in inspect.signature(optimize_picture).parameters.items()
    if name != "say"
}
FLAGS = flags.FLAGS


def define(kind, name, help, *choices):
    default = DEFAULTS[name]
    default = None if default is inspect.Parameter.empty else default
    if isinstance(default, tuple):
        default = list(default)
    getattr(flags, f"DEFINE_{kind}")(name, default, *choices, help)


define("string", "content", "The photograph.")
define("list", "style", "Paintings; none for a dream alone.")
define("string", "out", "The picture to write.")
define("list", "style_weights", "The paintings' shares. Default: equal.")
define(
    "integer", "style_size", "Shorter side of the paintings: the strokes. Default: as OUT."
)
define("string", "loss_network", ", ".join(ARCHITECTURES) + ".")
define("string", "loss_weights", "imagenet (downloaded), random, or a file.")
define("enum", "pooling", "Of the loss network.", ["max", "average"])
define("list", "content_layers", "Such as relu3_3. Default: the loss network's own.")
define(
    "list", "style_layers", "Such as relu1_1=2,relu2_1. Default: the loss network's own."
)
define("enum", "objective", "Ours, or Gatys' to the letter.", list(OBJECTIVES))
define("float", "content_weight", "Weight of the content term. Default: the objective's.")
define("float", "style_weight", "Weight of the style term. Default: the objective's.")
define("float", "tv_weight", "Weight of the total variation. Default: the objective's.")
define("list", "dream", "LAYER or LAYER:CHANNEL to be made active.")
define("float", "dream_weight", "Weight of the activation. Default: the objective's.")
define("string", "start", "photo, noise, or a picture.")
define("enum", "optimizer", "Default: lbfgs; gd for a dream alone.", list(METHODS))
define("float", "learning_rate", "Of adam and gd, in gray levels of 255.")
define("integer", "iterations", "At each scale. Default: 300; 20 for a dream alone.")
define("integer", "size", "Longer side of the result, in pixels.")
define("integer", "scales", "Sizes from small to large. Default: 2; 4 for a dream alone.")
define("float", "scale_factor", "Between them. Default: 2; 1.4 for a dream alone.")
define("integer", "jitter", "Of adam and gd, in pixels. Default: 0; 32 for a dream alone.")
define("boolean", "keep_colors", "Keep the photograph's colors.")
define("integer", "every", "Iterations between two pictures on the way; 0 for none.")
define("integer", "seed", "Of noise, jitter and random weights.")
define("boolean", "resume", "Go on from the checkpoint beside --out.")
define("boolean", "overwrite", "Replace --out if it is there.")


def given_settings():
    """What the command line says, and with --resume what the checkpoint says."""
    settings = {name: FLAGS[name].value for name in DEFAULTS if FLAGS[name].present}
    if settings.get("style_weights"):
        settings["style_weights"] = numbers(settings["style_weights"])
    if FLAGS.resume:  # what is not said again is as it was
        before = read_checkpoint(checkpoint_path(FLAGS.out))["settings"]
        known = {name: value for name, value in before.items() if name in DEFAULTS}
        return known | {"out": FLAGS.out} | settings
    if "content" not in settings:
        raise ValueError("Give a photograph: --content FILE")
    return settings


def numbers(texts):
    """--style_weights as floats."""
    try:
        return [float(text) for text in texts]
    except ValueError:
        raise ValueError(
            f"--style_weights must be numbers. Received: {','.join(texts)}"
        ) from None


def main(argv):
    if len(argv) > 1:
        return f"optimize.py takes flags only. Received: {' '.join(argv[1:])}"
    try:
        result = optimize_picture(**given_settings())
    except (
        ValueError, OSError, FloatingPointError, MemoryError, NotImplementedError,
    ) as error:  # fmt: skip
        return f"optimize.py: {error or 'out of memory'}"
    except KeyboardInterrupt:
        return (
            "optimize.py: interrupted at once; if there is a checkpoint, --resume takes it"
        )
    if not result["finished"]:
        again = shlex.join(["python", "optimize.py", f"--out={FLAGS.out}", "--resume"])
        print(f"Stopped. The picture until now: {FLAGS.out}\nTo go on: {again}")
        return 1
    print(f"Optimized in {result['seconds']:.0f} s: {result['out']}")


def run():
    """Run the command; what `pip` installs it as."""
    app.run(main)


if __name__ == "__main__":
    run()
