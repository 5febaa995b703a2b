"""Ports for programs that are about to be started."""

import contextlib
import random
import socket

# below the range for outgoing connections, so that none of these takes a port meanwhile
_RANGE = range(12_000, 32_000)
_TRIES = 500


def free_port() -> int:
    """Return a free port of 127.0.0.1. Raises OSError if none is found."""
    # SystemRandom: with a seeded random, every process would try the same ports
    for port in random.SystemRandom().sample(_RANGE, _TRIES):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError(f"{_TRIES} ports were tried, and all are taken")
