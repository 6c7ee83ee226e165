"""learn_style: one painting and many photographs in, a style file out."""

import contextlib
import functools
import os

import keras

from fusion_style.backend import jit_compile
from fusion_style.data.images import fit_size, read_picture, resize
from fusion_style.data.photos.cache import make_cache
from fusion_style.data.photos.sources import open_photographs
from fusion_style.data.photos.stream import PhotoStream
from fusion_style.files import write_json
from fusion_style.losses.perceptual import PerceptualLoss
from fusion_style.models.keras_builder import build_network
from fusion_style.models.shipped import style_path
from fusion_style.models.style_file import save_network
from fusion_style.training.board import Board
from fusion_style.training.callbacks import (
    Checkpoints,
    Losses,
    Previews,
    StopOnSignal,
    preview_photographs,
)
from fusion_style.training.config import check, check_sizes, places
from fusion_style.training.guard import NotFinite, roll_back
from fusion_style.training.record import RunRecord
from fusion_style.training.state import TrainingState, copy_weights
from fusion_style.training.strategy import (
    anyone,
    batches_for,
    log_shape,
    lost_worker,
    make_strategy,
    scope,
    synchronize_batch_norm,
    worker,
)
from fusion_style.training.trainer import StyleTrainer


def learn_style(
    style,
    data="coco/2014",
    out=None,
    network="fusion",
    norm="instance",
    upsample="resize",
    input_norm=True,
    loss_network="vgg16",
    loss_weights="imagenet",
    content_layers=None,
    style_layers=None,
    content_weight=0.15,
    style_weight=1.0,
    tv_weight=5e-4,
    reduction="mean",
    size=256,
    style_size=384,
    batch=4,
    cache="memory",
    cache_gb=2.0,
    epochs=2.0,
    steps=None,
    learning_rate=2e-3,
    precision="float32",
    devices="auto",
    seed=0,
    preview=None,
    log_dir=None,
    checkpoint_every=120.0,
    resume=False,
    init_from=None,
):
    """Trains an image transformation network on one painting.

    Args:
        style: path of the painting.
        data: a folder of photographs, or a TFDS data set.
        out: path of the style file to write; by default the painting's name with
            `.keras`, in the current folder.
        network, norm, upsample, input_norm: see `models.keras_builder`.
        loss_network, loss_weights, content_layers, style_layers, content_weight,
            style_weight, tv_weight, reduction: see `losses.perceptual`.
        size: side of the training crops in pixels.
        style_size: shorter side of the painting in pixels: the size of the strokes.
        batch: photographs in a step, over all devices.
        cache: where decoded photographs are kept for the next epoch: "none", "memory",
            or "disk", in `log_dir`/photographs.
        cache_gb: how much is kept, in gigabytes; the rest is decoded again.
        epochs: passes over the photographs, unless `steps` is given.
        steps: length of the training.
        learning_rate: Adam's, at the start; it falls to 0 along a half cosine.
        precision: "float32", or "bfloat16" for the networks' activations.
        devices: see `training.strategy`.
        seed: of the initial weights, the order of the photographs and their crops.
        preview: a photograph or a folder of them to paint while training.
        log_dir: folder for TensorBoard, the preview and the checkpoint; by default
            `out` without its extension, and `.training`.
        checkpoint_every: seconds between checkpoints; 0 writes one after every step.
        resume: go on from the checkpoint in `log_dir`, whose settings these must be;
            files may have moved, and devices and caches may be others.
        init_from: a style file to start from instead of random weights.

    Returns:
        The run record, a dict. If its "finished" is true, `out` is there and the
        record is beside it as JSON; else the training was interrupted and there is
        a checkpoint.

    Raises:
        ValueError, OSError: for what was given and cannot be; the message says
            what to do.
        FloatingPointError: if the loss stops being finite, and does so again with
            smaller steps.
        ConnectionError: if another worker ends; see `training.strategy`.
    """
    settings = dict(locals())
    check(settings)
    out, log_dir, checkpoint = places(style, out, log_dir)
    if os.path.exists(checkpoint) and not resume:
        raise FileExistsError(
            f"There is a checkpoint of an unfinished training: {checkpoint}. Go on from "
            "it with --resume, or delete it to start again"
        )
    if os.path.exists(out) and not resume:
        raise FileExistsError(f"{out} is there already. Give another --out, or delete it")

    previews = preview_photographs(preview)
    strategy = make_strategy(devices)
    check_sizes(settings)
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(
        "mixed_bfloat16" if precision == "bfloat16" else "float32"
    )
    if strategy and batch % strategy.num_replicas_in_sync:
        raise ValueError(
            f"batch must divide among {strategy.num_replicas_in_sync} devices. "
            f"Received: {batch}"
        )

    painting = read_picture(style).pixels
    painting = resize(painting, *fit_size(*painting.shape[:2], style_size, side=min))
    photographs = open_photographs(data)
    steps = steps or max(1, int(epochs * len(photographs)) // batch)
    record = RunRecord(settings, steps)
    if resume:
        record.go_on_from(checkpoint)
    elif init_from:
        record.start_from(style_path(init_from))
    chief = worker()[0] == 0  # who writes files
    where = "memory" if cache == "disk" and not chief else cache
    kept = make_cache(where, cache_gb, os.path.join(log_dir, "photographs"))
    again = steps * batch > len(photographs)  # else nothing is read twice
    stream = PhotoStream(photographs, size, seed, record.skipped, kept if again else None)

    with scope(strategy):
        trainer = build_trainer(painting, settings)
        if strategy:
            synchronize_batch_norm(trainer.transformer)

    def compile_with(learning_rate):
        with scope(strategy):
            compile_trainer(trainer, learning_rate, steps)

    compile_with(record.learning_rate())
    state = TrainingState(trainer, record, checkpoint if chief else None)
    if resume:
        state.load(checkpoint)
    elif init_from:
        copy_weights(style_path(init_from), trainer.transformer)

    together = functools.partial(anyone, strategy)
    with (
        Board(log_dir if chief else None, state.steps()) as board,
        StopOnSignal(together) as stop,
    ):
        while state.steps() < steps and not stop.stopping:
            start = state.steps()
            callbacks = [
                Losses(start, record, board, shown=chief),
                Checkpoints(state.save, checkpoint_every, together),
                stop,
            ]
            if chief:
                callbacks.append(Previews(previews, log_dir, board, start))
            try:
                trainer.fit(
                    batches_for(strategy, stream, batch, start),
                    steps_per_epoch=steps - start,
                    shuffle=False,
                    verbose=0,
                    callbacks=callbacks,
                )
            except NotFinite as error:
                roll_back(error, state, compile_with)
                board.go_on_from(state.steps())
            except Exception as error:
                raise stream.failure or lost_worker(error) or error from None
    final = record.at(state.steps())
    if final["finished"] and chief:
        save_network(trainer.transformer, out, final)
        write_json(out.removesuffix(".keras") + ".json", final)
        with contextlib.suppress(FileNotFoundError):  # if a full disk never took one
            os.remove(checkpoint)
    return final


def build_trainer(painting, settings):
    """A `StyleTrainer` with random weights, to be compiled."""

    def chosen(*names):
        return {name: settings[name] for name in names}

    perceptual_loss = PerceptualLoss(
        painting,
        **chosen(
            "loss_network", "loss_weights", "content_layers", "style_layers",
            "content_weight", "style_weight", "tv_weight", "reduction",
        ),
    )  # fmt: skip
    transformer = build_network(**chosen("network", "norm", "upsample", "input_norm"))
    return StyleTrainer(transformer, perceptual_loss, log_shape())


def compile_trainer(trainer, learning_rate, steps):
    """Gives a `StyleTrainer` a new optimizer, built, whose rate falls to 0."""
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    trainer.compile(keras.optimizers.Adam(schedule), jit_compile=jit_compile())
    trainer.optimizer.build(trainer.transformer.trainable_variables)
