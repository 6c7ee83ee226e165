"""learn_style: one painting and many photographs in, a style file out."""

import os

import keras
import numpy as np
import tensorboardX

from data.images import fit_size, read_picture, resize, sample_photograph
from data.photos import Folder, PhotoStream, open_photographs
from losses.perceptual import PerceptualLoss
from models.checkpoint import load_network, read_training, save_network, style_path
from models.transformer import build_network
from training.callbacks import Checkpoints, Losses, Previews, StopOnSignal
from training.record import RunRecord, write_record
from training.settings import check, check_sizes, places
from training.strategy import jit_compile, make_strategy, scope, synchronize_batch_norm
from training.trainer import StyleTrainer


def learn_style(
    style,
    data="coco/2014",
    out=None,
    network="fusion",
    norm="batch",
    upsample="resize",
    input_norm=True,
    loss_network="vgg16",
    loss_weights="imagenet",
    content_layers=None,
    style_layers=None,
    content_weight=0.2,
    style_weight=1.0,
    tv_weight=0.002,
    reduction="mean",
    size=256,
    style_size=384,
    batch=4,
    epochs=2.0,
    steps=None,
    learning_rate=1e-3,
    precision="float32",
    devices="auto",
    seed=0,
    preview=None,
    log_dir=None,
    resume=False,
    init_from=None,
):
    """Trains an image transformation network on one painting.

    Args:
        style: path of the painting.
        data: a folder of photographs, or a TFDS data set.
        out: path of the style file to write; by default the painting's name with
            `.keras`, in the current folder.
        network, norm, upsample, input_norm: see `models.transformer`.
        loss_network, loss_weights, content_layers, style_layers, content_weight,
            style_weight, tv_weight, reduction: see `losses.perceptual`.
        size: side of the training crops in pixels.
        style_size: shorter side of the painting in pixels: the size of the strokes.
        batch: photographs in a step, over all devices.
        epochs: passes over the photographs, unless `steps` is given.
        steps: length of the training.
        learning_rate: Adam's, at the start; it falls to 0 along a half cosine.
        precision: "float32", or "bfloat16" for the networks' activations.
        devices: see `training.strategy`.
        seed: of the initial weights, the order of the photographs and their crops.
        preview: a photograph or a folder of them to paint while training.
        log_dir: folder for TensorBoard, the preview and the checkpoint; by default
            `out` without its extension, and `.training`.
        resume: go on from the checkpoint in `log_dir`, with its settings.
        init_from: a style file to start from instead of random weights.

    Returns:
        The run record, a dict. If its "finished" is true, `out` is there and the
        record is beside it as JSON; else the training was interrupted and there is
        a checkpoint.

    Raises:
        ValueError, OSError: for what was given and cannot be; the message says
            what to do.
        FloatingPointError: if the loss stops being finite.
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
    stream = PhotoStream(photographs, size, seed, record.skipped)

    with scope(strategy):
        trainer = build_trainer(painting, settings, steps)
        transformer, optimizer = trainer.transformer, trainer.optimizer
        if strategy:
            synchronize_batch_norm(transformer)
        if resume:
            copy_weights(checkpoint, transformer)
            optimizer.load_own_variables(read_training(checkpoint))
        elif init_from:
            copy_weights(style_path(init_from), transformer)

    def steps_done():
        return int(keras.ops.convert_to_numpy(optimizer.iterations))

    def save():
        if not all(np.isfinite(w).all() for w in transformer.get_weights()):
            return  # what was saved before is the last good network
        state = {}
        optimizer.save_own_variables(state)
        save_network(transformer, checkpoint, record.at(steps_done()), state)

    start = steps_done()
    with tensorboardX.SummaryWriter(log_dir) as writer:
        callbacks = [
            Losses(steps, start, record.history, writer),
            Checkpoints(save),
            Previews(preview_photographs(preview), log_dir, writer, start),
            StopOnSignal(),
        ]
        try:
            if start < steps:
                trainer.fit(
                    stream.batches(batch, start),
                    steps_per_epoch=steps - start,
                    shuffle=False,
                    verbose=0,
                    callbacks=callbacks,
                )
        except Exception as error:
            raise stream.failure or error from None
    final = record.at(steps_done())
    if final["finished"]:
        save_network(transformer, out, final)
        write_record(out.removesuffix(".keras") + ".json", final)
        os.remove(checkpoint)
    return final


def build_trainer(painting, settings, steps):
    """A compiled `StyleTrainer` with random weights; its optimizer is built too."""

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
    trainer = StyleTrainer(transformer, perceptual_loss)
    schedule = keras.optimizers.schedules.CosineDecay(settings["learning_rate"], steps)
    trainer.compile(keras.optimizers.Adam(schedule), jit_compile=jit_compile())
    trainer.optimizer.build(transformer.trainable_variables)
    return trainer


def copy_weights(path, network):
    """Gives a network the weights of a style file with the same architecture.

    Raises:
        ValueError: if the architectures differ.
    """
    source = load_network(path)
    if [w.shape for w in source.weights] != [w.shape for w in network.weights]:
        raise ValueError(
            f"{path} holds a {type(source).__name__} with {source.options}, which does "
            f"not fit a {type(network).__name__} with {network.options}"
        )
    network.set_weights(source.get_weights())


def preview_photographs(preview):
    """Up to four photographs: a file's, a folder's, or the sample's paths."""
    if preview is None:
        return [sample_photograph()]
    if os.path.isdir(preview):
        folder = Folder(preview)
        return [folder.source(i) for i in range(min(4, len(folder)))]
    return [preview]
