"""A Ray cluster of two cores in a process of its own.

It prints its address, and ends with its standard input. In the process of the tests, a
start that takes longer than Ray allows would leave warnings behind.
"""

import contextlib
import os
import secrets
import subprocess
import sys

ATTEMPTS = 3
PROGRAM = """
import sys, ray
ray.init(
    "local", num_cpus=2, include_dashboard=False, log_to_driver=False,
    logging_level="ERROR", object_store_memory=100 * 2**20,
)
print(ray.get_runtime_context().gcs_address, flush=True)
sys.stdin.read()
ray.shutdown()
"""


@contextlib.contextmanager
def ray_cluster():
    """Give the address of a cluster, or None if it doesn't start in time."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))
    for _ in range(ATTEMPTS):
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        ) as process:  # fmt: skip
            address = process.stdout.readline().strip()
            if address:
                yield address
                process.stdin.close()
                return
    yield None
