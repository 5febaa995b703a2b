"""These tests start whole portals, so they take turns: two of them at once would starve each other."""

import sys

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/processes/" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("processes"))
            if not sys.platform.startswith("linux"):
                item.add_marker(
                    pytest.mark.skip(reason="what is left of processes is read from Linux's /proc")
                )
