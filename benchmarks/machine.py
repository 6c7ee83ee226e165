"""What a benchmark ran on: processor, cores, versions."""

import importlib.metadata
import os
import platform


def machine(*packages):
    """{"processor", "cores", "python", and each package that is installed: version}."""
    versions = {}
    for package in packages:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **versions,
    }
