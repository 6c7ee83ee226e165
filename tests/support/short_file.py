"""A disk that is full, and a program that doesn't notice."""

import io


class ShortFile(io.FileIO):
    """A file on a disk that takes 100 bytes and no more, without a word."""

    def write(self, data):
        super().write(bytes(data)[:100])
        return len(data)
