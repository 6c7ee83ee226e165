"""Learns a style: one painting and many photographs in, a style file out.

python train.py --style starry.jpg                    # COCO and VGG16, downloaded
python train.py --style starry.jpg --data ~/Photos    # any folder of photographs
python train.py --style starry.jpg --resume           # goes on after Ctrl-C, or a crash
python train.py --from_record starry.json --out 2.keras   # the same training again
python train.py --style starry.jpg --devices gpu:2    # gradients of two GPUs, averaged
"""

import os
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

from fusion_style.data.photos.cache import KINDS
from fusion_style.losses.features.networks import ARCHITECTURES
from fusion_style.models.networks import NETWORKS
from fusion_style.training.config import places
from fusion_style.training.learn import learn_style
from fusion_style.training.record import read_checkpoint, read_settings
from fusion_style.training.strategy import worker

DEFAULTS = {
    name: parameter.default
    for name, parameter in inspect.signature(learn_style).parameters.items()
}
FLAGS = flags.FLAGS


def define(kind, name, help, *choices):
    default = DEFAULTS[name]
    default = None if default is inspect.Parameter.empty else default
    # absl's logging has a log_dir of its own, which nothing here uses.
    override = {"allow_override": True} if name == "log_dir" else {}
    getattr(flags, f"DEFINE_{kind}")(name, default, *choices, help, **override)


define("string", "style", "The painting.")
define("string", "data", "A folder of photographs, or a TFDS data set.")
define("string", "out", "The style file to write. Default: the painting's name.keras.")
define("enum", "network", "Image transformation network.", list(NETWORKS))
define("enum", "norm", "Norm after every convolution.", ["batch", "instance"])
define("enum", "upsample", "Upsampling layers.", ["resize", "deconv"])
define("boolean", "input_norm", "Bring each photograph's channels to mean 0, deviation 1.")
define("enum", "loss_network", "Whose features are compared.", list(ARCHITECTURES))
define("string", "loss_weights", "imagenet (downloaded), random, or a file: see README.")
define("list", "content_layers", "Such as relu3_3. Default: the loss network's own.")
define(
    "list", "style_layers", "Such as relu1_2=2,relu2_2. Default: the loss network's own."
)
define("float", "content_weight", "Weight of the content term.")
define("float", "style_weight", "Weight of the style term.")
define("float", "tv_weight", "Weight of the total variation.")
define("enum", "reduction", "Over each layer's elements.", ["mean", "sum"])
define("integer", "size", "Side of the training crops, in pixels.")
define(
    "integer", "style_size", "Shorter side of the painting, in pixels: sets the strokes."
)
define("integer", "batch", "Photographs in a step, over all devices.")
define(
    "enum", "cache", "Where decoded photographs are kept for the next epoch.", list(KINDS)
)
define("float", "cache_gb", "How much is kept, in gigabytes; the rest is decoded again.")
define("float", "epochs", "Passes over the photographs.")
define("integer", "steps", "Length of the training, instead of --epochs.")
define("float", "learning_rate", "Adam's at the start; falls to 0 along a cosine.")
define("enum", "precision", "Of the activations.", ["float32", "bfloat16"])
define("string", "devices", "auto, cpu, gpu, cpu:N or gpu:N.")
define("integer", "seed", "Of weights, photographs and crops.")
define("string", "preview", "A photograph or a folder to paint while training.")
define("string", "log_dir", "For TensorBoard, preview, checkpoint. Default: OUT.training.")
define("float", "checkpoint_every", "Seconds between checkpoints; 0: after each step.")
define("boolean", "resume", "Go on from the checkpoint in --log_dir.")
define("string", "init_from", "A style file to start from.")
flags.DEFINE_string(
    "from_record", None, "Train as this run record (or style file) says; flags override."
)


def main(argv):
    if len(argv) > 1:
        return f"train.py takes flags only. Received: {' '.join(argv[1:])}"
    try:
        settings = {name: FLAGS[name].value for name in DEFAULTS if FLAGS[name].present}
        if FLAGS.from_record:
            settings = read_settings(FLAGS.from_record, settings)
        if not settings.get("style"):
            return "train.py: which painting is to be learned? --style PAINTING.jpg"
        where = [settings.get(name) for name in ("style", "out", "log_dir")]
        out, log_dir, checkpoint = places(*where)
        if FLAGS.resume:  # what is not said again is as it was
            settings = read_checkpoint(checkpoint)["settings"] | settings
            out = places(*(settings[name] for name in ("style", "out", "log_dir")))[0]
        number, workers = worker()
        chief = number == 0
        if workers > 1:
            print(f"Worker {number} of {workers}, which waits for the others", flush=True)
        if chief:
            print(f"Preview while it trains: {os.path.join(log_dir, 'preview.jpg')}")
        record = learn_style(**settings)
    except (ValueError, OSError, FloatingPointError) as error:
        return f"train.py: {error}"
    except KeyboardInterrupt:
        return "train.py: interrupted at once; if there is a checkpoint, --resume takes it"
    if not record["finished"]:
        names = ("style", "out", "log_dir")
        again = [f"--{n}={value}" for n, value in zip(names, where, strict=True) if value]
        print(
            f"Stopped after {record['steps']} of {record['settings']['steps']} steps. To "
            f"go on: {shlex.join(['python', 'train.py', *again, '--resume'])}"
        )
        return 1
    if not chief:
        return None
    if record["skipped"]:
        print(f"{len(record['skipped'])} photographs could not be read: see the run record")
    print(
        f"Learned from {record['photographs']} photographs in {record['seconds']:.0f} s: "
        f"{out}\nPaint with it: python stylize.py YOUR_PHOTO.jpg --style {shlex.quote(out)}"
    )


def run():
    """Run the command; what `pip` installs it as."""
    app.run(main)


if __name__ == "__main__":
    run()
