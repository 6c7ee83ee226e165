"""The settings for painting on a cluster, besides those of painting."""

import dataclasses

from fusion_style.settings import setting


@dataclasses.dataclass(frozen=True)
class RayConfig:
    """The settings of a cluster: its machines, and how much of each may be used."""

    cluster: str | None = setting(
        "Paint with Ray: auto, on the cluster that runs here or else this machine alone, "
        "or a cluster's address.",
        None,
    )
    cores_per_worker: int = setting(
        "With --cluster, how many cores each engine has.", 1, at_least=1, at_most=1024
    )
    seconds_per_part: float = setting(
        "With --cluster, about how many seconds of a video are a worker's part.", 60.0,
        above=0,
    )  # fmt: skip
    patience: float = setting(
        "With --cluster, after how many minutes without a sign of life from a worker to "
        "give up. Give more if others use all cores for longer.", 15.0, above=0,
    )  # fmt: skip
