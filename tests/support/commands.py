"""Run a script of the project in this process: starting one takes seconds."""

from absl.testing import flagsaver

from fusion_style.flags import parse
from fusion_style.tests.support.pictures import import_script


def make_run(script, capsys):
    """A function that runs `script`.py with flags: (exit status, what it printed)."""
    module = import_script(f"fusion_style.{script}")

    def run(*arguments):
        with flagsaver.flagsaver():
            try:
                error = module.main(parse([f"{script}.py", *map(str, arguments)]))
            except SystemExit as ended:
                error = ended.code
        printed = capsys.readouterr()
        if isinstance(error, str):
            return 1, error
        return error or 0, printed.out + printed.err

    return run
