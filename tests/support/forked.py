"""Processes that train, forked from one that has imported TensorFlow and used nothing.

Importing it takes seconds, which is most of what a short training takes.
"""

import multiprocessing
import os
import sys
import tempfile

SUPPORT = "fusion_style.tests.support"
METHODS = multiprocessing.get_all_start_methods()
CONTEXT = multiprocessing.get_context("forkserver" if "forkserver" in METHODS else "spawn")
if "forkserver" in METHODS:
    CONTEXT.set_forkserver_preload(
        ["pytest", f"{SUPPORT}.tiny_train", "fusion_style.train"]
    )


class Forked:
    """A process that calls a function of a module of tests, and exits with its result.

    Args:
        function, arguments: what is called; they are pickled.
        folder: where it runs.
        environment: {name: value} to add to the environment.
    """

    def __init__(self, function, *arguments, folder, environment=None):
        self.output = [tempfile.NamedTemporaryFile("r") for _ in ("stdout", "stderr")]
        names = [file.name for file in self.output]
        self.process = CONTEXT.Process(
            target=run, args=(function, arguments, str(folder), environment or {}, names)
        )
        self.process.start()

    def running(self):
        return self.process.is_alive()

    def kill(self):
        """SIGKILL; what `result` returns."""
        self.process.kill()
        return self.result()

    def result(self, timeout=300):
        """(exit status, stdout, stderr), as `subprocess` has them, once it has ended."""
        self.process.join(timeout)
        self.process.kill()  # if it has not
        self.process.join()
        printed = []
        for file in self.output:
            with file:
                printed.append(file.read())
        return self.process.exitcode, *printed


def run(function, arguments, folder, environment, names):
    for number, name in enumerate(names, start=1):
        os.dup2(os.open(name, os.O_WRONLY), number)
    os.environ.update(environment)
    os.chdir(folder)
    sys.exit(function(*arguments))
