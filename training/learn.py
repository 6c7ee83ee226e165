"""learn_style: learn the style of paintings from photographs, and write a style file."""

import contextlib
import dataclasses
import os
from typing import Any

import keras

from fusion_style.data.photos.cache import make_cache
from fusion_style.data.photos.sources import open_photographs
from fusion_style.data.photos.stream import PhotoStream
from fusion_style.files import write_json
from fusion_style.models.shipped import style_path
from fusion_style.models.style_file import save_network
from fusion_style.training.adding import PHOTOGRAPHS, hold, take_over, with_rows
from fusion_style.training.config import TrainConfig, check, check_sizes
from fusion_style.training.loop import train
from fusion_style.training.paintings import lessons, read_painting
from fusion_style.training.places import Places, alone, places, refuse_to_replace
from fusion_style.training.previews import preview_photographs
from fusion_style.training.record import RunRecord
from fusion_style.training.state import TrainingState, copy_weights
from fusion_style.training.strategy import is_chief, make_strategy
from fusion_style.training.trainer import StyleTrainer, build_trainer, compile_trainer


def learn_style(config: TrainConfig) -> dict[str, Any]:
    """Train an image transformation network on one painting, or on several.

    Example:
        record = learn_style(TrainConfig("starry.jpg", data="photos", steps=4000))

    Args:
        config: which paintings and photographs, and how. The number of conditions of the
            network is set here, from the paintings and stroke sizes.

    Returns:
        The run record, a dict. If "finished" is true, the style file is written, and the
        record is beside it as JSON. Otherwise the training was interrupted, and there is a
        checkpoint.

    Raises:
        ValueError, OSError: if settings or files are wrong; the message says what to do.
        BlockingIOError: if another training writes the same files.
        FloatingPointError: if the loss is not finite, and lower learning rates do not help.
        ConnectionError: if weights or photographs cannot be downloaded, or another worker
            ends (see `training.strategy`).
    """
    check(config)
    to_learn = lessons(config.style, config.style_size)
    base = style_path(config.add_to) if config.add_to else None
    transformer = with_rows(config.transformer, len(to_learn), base)
    config = dataclasses.replace(config, transformer=transformer)
    check(config)
    where = places(config.style, config.out, config.log_dir)
    with alone(where):
        refuse_to_replace(where, config.resume)
        previews = preview_photographs(config.preview)
        strategy = prepare_backend(config)
        paintings = [read_painting(lesson) for lesson in to_learn]
        photographs = open_photographs(config.data)
        record = begin_record(config, where, len(photographs))
        stream = open_stream(config, where, photographs, record)
        trainer = build_trainer(
            paintings,
            config.transformer,
            config.losses(),
            strategy,
            config.seed,
            record.finishing_at(),
        )
        state = begin_state(config, where, trainer, record, stream, strategy)
        train(config, where, state, stream, previews, strategy)
        return finish(where, trainer, record.at(state.steps()))


def prepare_backend(config: TrainConfig) -> Any:
    """Choose devices, seed and precision; return the `tf.distribute` strategy or None.

    Raises:
        ValueError: if there are no such devices, the batch cannot be divided among them, or
            crops or paintings are too small for the loss network.
    """
    strategy = make_strategy(config.devices)
    for loss in config.losses():
        check_sizes(loss, size=config.size, style_size=config.style_size)
    keras.utils.set_random_seed(config.seed)
    half = config.precision == "bfloat16"
    keras.config.set_dtype_policy("mixed_bfloat16" if half else "float32")
    if strategy and config.batch % strategy.num_replicas_in_sync:
        raise ValueError(
            f"batch must divide among {strategy.num_replicas_in_sync} devices. "
            f"Received: {config.batch}"
        )
    return strategy


def begin_record(config: TrainConfig, where: Places, photographs: int) -> RunRecord:
    """Return the record of a new training, or of the one that is resumed."""
    epochs = max(1, int(config.epochs * photographs) // config.batch)
    record = RunRecord(config, config.steps or epochs)
    if config.add_to:
        record.add_to(style_path(config.add_to))
    base = config.add_to or config.init_from
    if config.resume:
        record.go_on_from(where.checkpoint)
    elif base:
        record.start_from(style_path(base))
    return record


def open_stream(
    config: TrainConfig, where: Places, photographs: Any, record: RunRecord
) -> PhotoStream:
    """Return the stream of crops, with a cache if photographs are read more than once."""
    kind = config.cache
    if kind == "disk" and not is_chief():  # only the chief writes files
        kind = "memory"
    cache = make_cache(kind, config.cache_gb, os.path.join(where.log_dir, "photographs"))
    again = record.settings["steps"] * config.batch > len(photographs)
    return PhotoStream(
        photographs, config.size, config.seed, record.skipped, cache if again else None
    )


def begin_state(
    config: TrainConfig,
    where: Places,
    trainer: StyleTrainer,
    record: RunRecord,
    stream: PhotoStream,
    strategy: Any,
) -> TrainingState:
    """Return the state to begin with: random weights, a checkpoint or another style."""
    if config.add_to:
        hold(trainer.transformer)
    compile_trainer(trainer, record.learning_rate(), record.settings["steps"], strategy)
    state = TrainingState(trainer, record, where.checkpoint if is_chief() else None)
    if config.resume:
        state.load(where.checkpoint)
    elif config.add_to:
        crops = (stream.crop(position) for position in range(PHOTOGRAPHS))
        path, loss = style_path(config.add_to), trainer.perceptual_loss
        take_over(trainer.transformer, path, loss, crops)
    elif config.init_from:
        copy_weights(style_path(config.init_from), trainer.transformer)
    return state


def finish(where: Places, trainer: StyleTrainer, record: dict[str, Any]) -> dict[str, Any]:
    """Write the style file and its record, if training is finished; return the record."""
    if record["finished"] and is_chief():
        save_network(trainer.transformer, where.out, record)
        write_json(where.record, record)
        with contextlib.suppress(FileNotFoundError):  # the disk may have been full
            os.remove(where.checkpoint)
    return record
