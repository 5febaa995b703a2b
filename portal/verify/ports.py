"""Ports for programs that are about to be started."""

import contextlib
import random
import socket

# below those that systems give out for outgoing connections, so that nobody gets one by chance meanwhile
_RANGE = range(12_000, 32_000)
_TRIES = 500


def free_port() -> int:
    """Give a port of 127.0.0.1 at which nobody listens. Raises OSError if none is found."""
    # SystemRandom: whoever seeds the other one would make every process try the same ports
    for port in random.SystemRandom().sample(_RANGE, _TRIES):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError(f"{_TRIES} ports were tried, and all are taken")
