"""Distill our own loss network from VGG19: see docs/loss_networks.md.

    python -m fusion_style.training.distill --weights vgg19.h5 --data photographs \\
        --valid others --paintings paintings --out vgg19_distilled.safetensors

A command that was interrupted continues from its last saved state when it is given again.
At the end it writes the weights in float16 and a .json of the same name with the recipe,
and prints how well the student agrees with its teacher on photographs that it has not seen.
"""

import argparse
import os
import pathlib
import time
from collections.abc import Sequence

from fusion_style.backend import jit_compile, set_defaults

set_defaults()

import keras
import numpy as np

from fusion_style.data.folders import pictures_in
from fusion_style.files import replacing, sha256, write_json
from fusion_style.losses.features.closed_form import begin_from
from fusion_style.losses.features.distill import Distiller, save_float16
from fusion_style.losses.features.distilled import MEASURED, vgg19_distilled
from fusion_style.losses.features.networks import build_loss_network
from fusion_style.losses.features.preprocessing import CAFFE, Preprocessing
from fusion_style.models.conditions import files_of_one
from fusion_style.models.shipped import shipped_styles
from fusion_style.training.agreement import features_of, table
from fusion_style.training.judged import JudgedPictures, paint

STUDENT = "vgg19_distilled"
WARM_UP = 0.03  # share of the steps in which the learning rate rises
EVERY = 100  # steps between checkpoints
BEGINNING = 64  # number of pictures for the closed form
FIRST = 10**8  # number of a batch that no training step uses
PREPARE = Preprocessing(**CAFFE)


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line; by default that of this program."""
    parser = argparse.ArgumentParser(
        prog="python -m fusion_style.training.distill",
        description=__doc__.partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--teacher", default="vgg19", choices=["vgg19"], help="loss network to learn from")
    add("--weights", default="imagenet", help="the teacher's weights, as in --loss_weights")
    add("--data", required=True, help="folder of photographs")
    add("--valid", help="folder of other photographs for the tables; without it, no tables")
    add("--paintings", required=True, help="folder of paintings")
    add("--out", required=True, help="the .safetensors file to write")
    add("--steps", type=int, default=3000, help="batches to learn from")
    add("--batch", type=int, default=4, help="pictures in a batch")
    add("--size", type=int, default=128, help="side of the pictures in pixels")
    add("--learning_rate", type=float, default=4e-5, help="Adam's highest learning rate")
    add("--painted", type=int, default=480, help="photographs to paint in the styles first")
    add("--judged", type=int, default=500, help="pictures in the table of the terms")
    add("--seed", type=int, default=0, help="seed of everything random")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Distill, write and judge, as the command line says."""
    args = arguments(argv)
    keras.utils.set_random_seed(args.seed)
    styles = list(files_of_one(shipped_styles()).values())
    state = pathlib.Path(f"{args.out}.training.npz")
    painted = kept_painted(args, styles) if args.painted else np.empty((0,))
    paintings = pictures_in(args.paintings)
    pictures = JudgedPictures(
        pictures_in(args.data), paintings, painted, args.size, args.seed
    )

    whole = vgg19_distilled()
    distiller = begin(args, whole)
    if state.exists():
        load_state(state, distiller)
    else:
        numbers = range(FIRST, FIRST + BEGINNING // 8)
        seen = [np.asarray(PREPARE(pictures.batch(i, 8))) for i in numbers]
        begin_from(whole, distiller.teacher, seen)
        print("fitted in closed form; now it learns", flush=True)
        save_state(state, distiller)
    learn(args, distiller, pictures, state)
    save_float16(whole, args.out)
    finish(args, pictures, paintings)


def begin(args: argparse.Namespace, whole: keras.Model) -> Distiller:
    """Return a compiled `Distiller`.

    Args:
        args: from `arguments`.
        whole: the student, from `vgg19_distilled`.
    """
    outputs = {layer: whole.get_layer(layer).output for layer in MEASURED}
    student = keras.Model(whole.input, outputs)
    whole.get_layer("conv1_1").trainable = False  # it is a copy of the teacher's
    teacher = features_of(build_loss_network(args.teacher, MEASURED, args.weights))
    distiller = Distiller(student, teacher)
    rising = max(1, int(WARM_UP * args.steps))
    falling = max(1, args.steps - rising)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, falling, warmup_target=args.learning_rate, warmup_steps=rising
    )
    distiller.compile(keras.optimizers.Adam(rate, clipnorm=1.0), jit_compile=jit_compile())
    distiller.optimizer.build(student.trainable_variables)
    return distiller


def learn(
    args: argparse.Namespace,
    distiller: Distiller,
    pictures: JudgedPictures,
    state: pathlib.Path,
) -> None:
    """Do the steps that are not done yet, and save the state from time to time."""
    first, start = steps_done(distiller), time.monotonic()
    for step in range(first, args.steps):
        distiller.train_on_batch(PREPARE(pictures.batch(step, args.batch)))
        done = step + 1
        if done % EVERY == 0 or done == args.steps:
            save_state(state, distiller)
            loss = distiller.get_metrics_result()["loss"]
            pace = (time.monotonic() - start) / (done - first)
            print(f"step {done}: loss {float(loss):.4f}, {pace:.2f} s a step", flush=True)
            distiller.reset_metrics()


def kept_painted(args: argparse.Namespace, styles: list[str]) -> np.ndarray:
    """Return the painted photographs; make them, unless an earlier run kept them."""
    path = f"{args.out}.painted.npy"
    if not os.path.exists(path):
        photographs = pictures_in(args.data)
        pairs = paint(photographs, styles, args.painted, args.size * 5 // 4, args.seed)
        with replacing(path) as temporary, open(temporary, "wb") as file:
            np.save(file, pairs)
    return np.load(path)


def finish(
    args: argparse.Namespace, pictures: JudgedPictures, paintings: list[str]
) -> None:
    """Write the .json that describes the weights, and print the tables."""
    recipe = {k: v for k, v in vars(args).items() if k not in ("weights", "out", "valid")}
    recipe |= {k: os.path.basename(recipe[k].rstrip("/")) for k in ("data", "paintings")}
    paper = {
        "network": STUDENT,
        "sha256": sha256(args.out),
        "teacher": args.teacher,
        "teacher_sha256": (
            sha256(args.weights) if os.path.isfile(args.weights) else args.weights
        ),
        "license": "CC-BY-4.0",
        "attribution": (
            "Distilled from VGG19 by Karen Simonyan and Andrew Zisserman, Visual Geometry "
            "Group, University of Oxford (https://www.robots.ox.ac.uk/~vgg/research/"
            "very_deep/), licensed under https://creativecommons.org/licenses/by/4.0/. "
            "Changed: its layers to relu4_1 at a fraction of the width, learned anew."
        ),
        "recipe": recipe,
    }
    if args.valid:
        unseen = JudgedPictures(
            pictures_in(args.valid), paintings, pictures.painted, args.size, args.seed + 1
        )
        ours, theirs = (STUDENT, args.out), (args.teacher, args.weights)
        paper["table"] = table(unseen, paintings[0], ours, theirs, args.judged)
        print(paper["table"])
    write_json(os.path.splitext(args.out)[0] + ".json", paper)


def steps_done(distiller: Distiller) -> int:
    """Return the number of training steps done."""
    return int(keras.ops.convert_to_numpy(distiller.optimizer.iterations))


def save_state(path: pathlib.Path, distiller: Distiller) -> None:
    """Write the weights and the optimizer's state, completely or not at all."""
    optimizer: dict = {}
    distiller.optimizer.save_own_variables(optimizer)
    arrays = {f"w{i}": w for i, w in enumerate(distiller.student.get_weights())}
    arrays |= {f"o{name}": np.array(value) for name, value in optimizer.items()}
    with replacing(path) as temporary:
        np.savez(temporary, **arrays)


def load_state(path: pathlib.Path, distiller: Distiller) -> None:
    """Read the weights and the optimizer's state that `save_state` wrote."""
    with np.load(path) as file:
        count = len(distiller.student.weights)
        distiller.student.set_weights([file[f"w{i}"] for i in range(count)])
        kept = {name[1:]: file[name] for name in file.files if name.startswith("o")}
        distiller.optimizer.load_own_variables(kept)


if __name__ == "__main__":
    main()
