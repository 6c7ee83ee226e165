"""Painting on a cluster: Ray Data gives jobs to workers, and what came of them comes back.

Ray runs embedded on one machine, or on the machines of a cluster. Rows are paths. A worker
reads and writes the pictures itself, and paints nothing that is there.
"""

import contextlib
import dataclasses
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fusion_style.data.buckets import is_bucket
from fusion_style.devices import parse_devices
from fusion_style.inference.brushes import scaled
from fusion_style.inference.bulk import check_places, check_video
from fusion_style.inference.cluster import watch
from fusion_style.inference.cluster.config import RayConfig
from fusion_style.inference.cluster.manifest import Manifest
from fusion_style.inference.cluster.worker import style_files, unpack
from fusion_style.inference.config import PaintConfig
from fusion_style.inference.jobs import is_file
from fusion_style.inference.outcomes import Outcome
from fusion_style.models.choice import StyleChoice, choices
from fusion_style.settings import check

if TYPE_CHECKING:
    import ray.data
    import tqdm


class ClusterError(ValueError):
    """A cluster that cannot be used; the message says why."""


def paint_on_cluster(inputs: Sequence[str], config: PaintConfig) -> Iterator[Outcome]:
    """Paint files, folders and buckets with Ray, and yield what comes of each painting.

    What happened is in the manifest in `config.out` at the end.

    Args:
        inputs: paths, which all machines must see, and addresses.
        config: how, and where to.

    Raises:
        ValueError: for settings that are not allowed, a style that can't be read, or a
            bucket or a cluster that can't be used.
    """
    import tqdm

    check(config)
    check_video(config.video)
    check_workers(config)
    if is_file(config.out):
        raise ValueError(f"--cluster paints into a folder. Received: --out {config.out}")
    found = {choice.name: choice for choice in choices(config.style)}
    notes, styles = scaled(found, config.stroke), list(found)
    inputs, out = [whole(path) for path in inputs], whole(config.out)
    check_places(inputs, out, styles)
    for path in (*inputs, out):
        if path.startswith("memory://"):
            raise ValueError(f"Other processes don't see {path}. Give a bucket or a folder")
    # Else a video whose worker died would be refused. What is to be painted anew is begun
    # anew: unfinished parts may be of another strength.
    video = dataclasses.replace(config.video, resume=not config.overwrite)
    config = dataclasses.replace(config, out=out, video=video)
    with cluster(config.ray):
        workers = count_workers(config.ray.cores_per_worker)
        try:
            manifest = Manifest(out)
        except OSError as error:
            raise ValueError(str(error)) from None
        try:
            dataset, log = paintings(inputs, config, found, manifest, workers)
            with tqdm.tqdm(unit="painting") as bar:
                for outcome in results(dataset, log, config, bar):
                    manifest.add(outcome)
                    bar.update()
                    outcome.notes, notes = notes + outcome.notes, []
                    yield outcome
        finally:
            try:
                manifest.write()
            except OSError as error:
                raise ClusterError(f"{manifest.path} cannot be written: {error}") from None


def check_workers(config: PaintConfig) -> None:
    """Complain of what the workers of a cluster can't do.

    Raises:
        ValueError: the message says what to do.
    """
    if config.mask is not None or config.style2 is not None:
        raise ValueError("--mask and --style2 don't go with --cluster. Paint without it")
    if (config.video.workers or 1) > 1 or parse_devices(config.devices)[1] > 1:
        raise ValueError(
            "--workers and more than one of --devices are for painting without --cluster. "
            "With it, give --cores_per_worker"
        )


def whole(path: str) -> str:
    """Return an address, or a path that is the same in every folder."""
    return path if is_bucket(path) else os.path.abspath(path)


@contextlib.contextmanager
def cluster(config: RayConfig) -> Iterator[None]:
    """Connect to a cluster, or start one here for as long as the block takes.

    Raises:
        ClusterError: if Ray isn't installed, or there is no such cluster.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # tell nobody what is painted
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        import ray
        import ray.data  # noqa: F401
    except ImportError:
        raise ClusterError(
            "--cluster needs Ray, which isn't installed: pip install 'fusion-style[ray]'"
        ) from None
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    if ray.is_initialized():
        yield
        return
    address = None if config.cluster == "auto" else config.cluster
    try:
        ray.init(
            address, include_dashboard=False, log_to_driver=False,
            logging_level=logging.ERROR,
        )  # fmt: skip
    except Exception as error:  # Ray's errors of starting have no type in common
        said = str(error).strip().split("\n")[0]
        raise ClusterError(f"--cluster {config.cluster} cannot be used: {said}") from None
    try:
        yield
    finally:
        ray.shutdown()


def count_workers(cores: int) -> int:
    """Return how many workers with this many cores fit on the machines at present.

    Raises:
        ClusterError: if no machine has so many.
    """
    import ray

    machines = [
        machine["Resources"].get("CPU", 0) for machine in ray.nodes() if machine["Alive"]
    ]
    workers = sum(int(cpus // cores) for cpus in machines)
    if not workers:
        raise ClusterError(
            f"--cores_per_worker {cores}: no machine of the cluster has so many. The most "
            f"is {max(machines, default=0):.0f}"
        )
    return workers


def paintings(
    inputs: Sequence[str], config: PaintConfig, styles: Mapping[str, StyleChoice],
    manifest: Manifest, workers: int,
) -> tuple["ray.data.Dataset", Any]:  # fmt: skip
    """Return the dataset whose rows are what came of jobs, and the actor of its `Log`.

    It paints when it is read.
    """
    import ray
    from ray.data.context import DataContext

    from fusion_style.inference.cluster.actor import Log, Worker
    from fusion_style.inference.cluster.source import JobSource

    context = DataContext.get_current().copy()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.target_max_block_size = 1  # each row is a task
    context.execution_no_progress_timeout_s = -1  # a video may take hours
    context.max_consecutive_actor_init_deaths = workers
    log = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(Log).remote()
    with DataContext.current(context):
        rows = ray.data.read_datasource(
            JobSource(inputs, config, list(styles), workers, log),
            num_cpus=0,
            override_num_blocks=1,
        )
        dataset = rows.map_batches(
            Worker,
            fn_constructor_args=(
                styles, ray.put(style_files(styles.values())), config,
                ray.put(manifest.known), log,
            ),
            batch_size=None,
            batch_format="numpy",
            compute=ray.data.ActorPoolStrategy(
                min_size=1, initial_size=workers, max_tasks_in_flight_per_actor=2
            ),
            num_cpus=config.ray.cores_per_worker,
        )  # fmt: skip
    return dataset, log


def results(
    dataset: "ray.data.Dataset", log: Any, config: PaintConfig, bar: "tqdm.tqdm"
) -> Iterator[Outcome]:
    """Yield what came of each painting, as it comes; long videos are joined before.

    Raises:
        ClusterError: if the cluster fails as a whole, or nothing is heard from its workers.
    """
    import ray
    from ray.exceptions import RayError

    from fusion_style.inference.cluster.joins import Joins

    patience = 60 * config.ray.patience

    def beats() -> int | None:
        try:
            return int(ray.get(log.beats.remote(), timeout=watch.BEAT))
        except RayError:
            return None

    joins = Joins(config.overwrite, lambda count: bar.set_postfix_str(f"{count:,} parts"))
    try:
        for row in watch.watched(dataset.iter_rows(), beats, patience):
            for outcome in unpack(row["outcomes"]):
                yield from [outcome] if outcome.part is None else joins.add(outcome)
            yield from joins.joined()
        yield from joins.joined(wait=True)
    except watch.Silence:
        raise ClusterError(
            f"No worker was heard from for {patience:.0f} seconds. Perhaps others use all "
            "cores: wait, or give a longer --patience. Or the machines have too little "
            "memory: a larger --cores_per_worker makes fewer workers. What was painted is "
            "there; the same command goes on"
        ) from None
    except RayError as error:
        said = str(error).strip().split("\n")[-1]
        raise ClusterError(
            f"The cluster failed: {said}. What was painted is there; the same command "
            "goes on"
        ) from error
