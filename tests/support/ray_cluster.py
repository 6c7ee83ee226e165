"""A Ray cluster of two cores in a process of its own, of which nothing is left behind.

It prints its address, and ends with its standard input. In the process of the tests, a
start that takes longer than Ray allows would leave warnings behind.
"""

import contextlib
import dataclasses
import os
import pathlib
import secrets
import signal
import subprocess
import sys
import threading

ATTEMPTS, START, END = 2, 90, 30  # seconds that starting and ending may take
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


@dataclasses.dataclass(frozen=True)
class Cluster:
    """A cluster that runs: its address, and the process that started it."""

    address: str
    pid: int

    def workers(self):
        """The processes of the actors that paint; others' clusters are left alone."""
        return [pid for pid, name in descendants(self.pid) if b"Worker" in name]

    def kill_workers(self):
        """Kill these processes, and return them."""
        workers = self.workers()
        for pid in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return workers


def descendants(pid):
    """[(process, its name)] of all processes below one."""
    parents, names = {}, {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "stat").read_text().rpartition(")")[2].split()
            names[int(folder.name)] = (folder / "cmdline").read_bytes().split(b"\0")[0]
        except OSError:
            continue  # it ended
        parents[int(folder.name)] = int(status[1])
    found, above = [], {pid}
    while above:
        above = {one for one, parent in parents.items() if parent in above}
        found += [(one, names[one]) for one in above]
    return found


@contextlib.contextmanager
def ray_cluster():
    """Give a `Cluster`, or None if it doesn't start in time."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_worker_niceness"] = "0"  # Ray's 15 waits for ever on a busy machine
    os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))
    for _ in range(ATTEMPTS):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        try:
            if address := first_line(process):
                yield Cluster(address, process.pid)
                return
        finally:
            end(process)
    yield None


def first_line(process):
    """What a process prints first; "" if it ends before, or nothing comes in time."""
    lines = []
    reader = threading.Thread(
        target=lambda: lines.append(process.stdout.readline()), daemon=True
    )
    reader.start()
    reader.join(START)
    return lines[0].strip() if lines else ""


def end(process):
    """End a process, and all that it started; kill what doesn't end by itself."""
    below = [pid for pid, _ in descendants(process.pid)]
    process.stdin.close()
    try:
        process.wait(END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pid in below:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.stdout.close()
