"""Which version of the program this is."""

from importlib.metadata import PackageNotFoundError, version


def own_version() -> str:
    """Zero where it runs from its sources without having been installed."""
    try:
        return version("roundtrip")
    except PackageNotFoundError:
        return "0"
