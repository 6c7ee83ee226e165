"""A program that trains, and kills itself: python killed.py KILLS SEED FLAGS-OF-TRAIN.PY

Runs train.py, with a tiny network, in processes of its own; ends KILLS of them with
SIGKILL at random moments, while steps are made and checkpoints written; then lets one
finish. Processes are forked, so that TensorFlow is imported once.
"""

import os
import random
import signal
import sys
import time

from tiny import build_tiny_network

import train
import training.learn

training.learn.build_network = build_tiny_network


def start(flags):
    """The process id of train.py with these flags."""
    child = os.fork()
    if not child:
        os._exit(train.main(train.FLAGS(["train.py", *flags])) or 0)
    return child


def written(checkpoint):
    return os.stat(checkpoint).st_mtime_ns if os.path.exists(checkpoint) else 0


def kill_at_random(child, checkpoint, chance):
    """SIGKILL, a random time after a random number of checkpoints."""
    for _ in range(chance.randint(1, 5)):
        before = written(checkpoint)
        while written(checkpoint) == before:
            if os.waitpid(child, os.WNOHANG)[0]:
                sys.exit("the training ended before it was killed")
            time.sleep(0.002)
    time.sleep(chance.uniform(0, 0.1))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def main(kills, seed, *flags):
    (log_dir,) = (flag.partition("=")[2] for flag in flags if "log_dir" in flag)
    checkpoint = os.path.join(log_dir, "checkpoint.keras")
    chance = random.Random(int(seed))
    for kill in range(int(kills)):
        kill_at_random(start([*flags, "--resume"] if kill else flags), checkpoint, chance)
    child = start([*flags, "--resume"] if int(kills) else flags)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


if __name__ == "__main__":
    main(*sys.argv[1:])
