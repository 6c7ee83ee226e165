"""Numbers that took long, kept in a JSON file as they come."""

import json
import os

from fusion_style.files import write_json


class Results:
    """Numbers by kind and key; written, whole, whenever there is one more.

    Args:
        path: of the file, which is gone on with if it is there; None for none.
        format: what the file says that it is.

    Raises:
        ValueError: if there is another file.
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
                f"{path} is there already, and is no results of this benchmark to go on "
                "with. Give another --json, or delete it"
            )
        self.found = found

    def once(self, kind, key, compute, enough=lambda kept: True):
        """What is kept of this kind under this key, or else what `compute()` returns.

        Args:
            kind: such as "losses".
            key: a tuple of texts and numbers.
            compute: called if nothing is kept; its result is, if JSON can hold it.
            enough: called with what is kept; false has it computed anew.
        """
        kept, name = self.found.setdefault(kind, {}), "/".join(map(str, key))
        if name not in kept or not enough(kept[name]):
            value = compute()
            kept[name] = value
            self.write()
        return kept[name]

    def put(self, name, value):
        """Keeps `value` under `name`, in place of what was there."""
        self.found[name] = value
        self.write()

    def write(self):
        """Writes the file, if there is one, whole or not at all."""
        if self.path:
            write_json(self.path, self.found)
