"""Where the embedded Valkey's socket lies: a unix socket's path must be short."""

import tempfile
from pathlib import Path

import pytest

from portal.settings.redis_server import socket_path

LONG = Path("/") / "/".join(["a folder with a long name"] * 6)


def test_the_socket_lies_in_the_instance_folder_where_its_path_is_short_enough():
    assert socket_path(Path("/srv/portal")) == Path("/srv/portal/valkey/valkey.sock")


@pytest.mark.parametrize("temporary", [Path("/var/tmp"), LONG], ids=["short", "long"])
def test_a_long_path_is_replaced_by_one_that_fits_and_is_the_instances_own(temporary, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    first, second = socket_path(LONG / "first"), socket_path(LONG / "second")
    assert first != second
    assert first == socket_path(LONG / "first")
    assert max(len(str(first)), len(str(second))) <= 100
