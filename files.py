"""Files that appear whole or not at all, and their hashes. Every floor may use it."""

import contextlib
import glob
import hashlib
import json
import os
import tempfile


@contextlib.contextmanager
def replacing(path, durable=False):
    """A temporary path beside `path` that takes its place once the block succeeds.

    If the block raises, what was at `path` is still there, untouched.

    Args:
        path: of the file to write.
        durable: wait until the disk has it, so that a power failure just after
            leaves the old file or the new one, not an empty one.

    Raises:
        OSError: if the folder cannot be made or written to.
    """
    path = os.path.abspath(path)
    folder, name = os.path.split(path)
    os.makedirs(folder, exist_ok=True)
    handle, temporary = tempfile.mkstemp(
        prefix=f".{name}.", suffix=os.path.splitext(name)[1], dir=folder
    )
    os.close(handle)
    try:
        yield temporary
        umask = os.umask(0)  # reading it means setting it
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)  # mkstemp's files are for the owner alone
        if durable:
            with open(temporary, "r+b") as file:  # Windows wants one that may be written
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.remove(temporary)
        raise


def write_json(path, value):
    """Writes what JSON can hold, whole or not at all; the errors of `replacing`."""
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


def check_writable(path):
    """Complains at once of a file that could not be written when its time comes.

    Raises:
        OSError: the message names the file.
    """
    folder = os.path.dirname(os.path.abspath(path))
    try:
        os.makedirs(folder, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise OSError(f"{path} cannot be written: {error.strerror or error}") from None


def sha256(path):
    """The sha256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def remove_leftovers(path):
    """Removes what `replacing(path)` left behind in processes that were killed."""
    folder, name = os.path.split(os.path.abspath(path))
    for temporary in glob.glob(
        os.path.join(glob.escape(folder), f".{glob.escape(name)}.*")
    ):
        with contextlib.suppress(OSError):
            os.remove(temporary)
