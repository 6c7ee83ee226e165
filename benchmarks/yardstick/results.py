"""Keep results that take long to compute in a JSON file, as they come."""

import json
import os

from fusion_style.files import write_json


class Results:
    """Keep results by kind and key, and write them to a file after each new one.

    Args:
        path: of the file, which is continued if it exists; None for no file.
        format: the text with which the file identifies itself.

    Raises:
        ValueError: if the file is something else.
    """

    def __init__(self, path, format):
        self.path, self.found = path, {"format": format}
        if not path or not os.path.exists(path):
            return
        try:
            with open(path, encoding="utf-8") as file:
                found = json.load(file)
        except ValueError as error:
            found = str(error)
        if not isinstance(found, dict) or found.get("format") != format:
            raise ValueError(
                f"{path} is there already, but has no results of this benchmark. Give "
                "another --json, or delete it"
            )
        self.found = found

    def once(self, kind, key, compute, enough=lambda kept: True):
        """Return the result kept under a kind and a key, or compute it and keep it.

        Args:
            kind: such as "losses".
            key: a tuple of texts and numbers.
            compute: function without arguments, called if nothing is kept. JSON must be
                able to hold its result.
            enough: function of the kept result; if it returns false, compute again.
        """
        kept, name = self.found.setdefault(kind, {}), "/".join(map(str, key))
        if name not in kept or not enough(kept[name]):
            value = compute()
            kept[name] = value
            self.write()
        return kept[name]

    def put(self, name, value):
        """Keep `value` under `name`, and replace what was there."""
        self.found[name] = value
        self.write()

    def write(self):
        """Write the file, if there is one, completely or not at all."""
        if self.path:
            write_json(self.path, self.found)
