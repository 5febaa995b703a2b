"""How many streams of events, or waits, there may be: each holds one of the server's threads, which endpoints need."""

import threading
from collections.abc import Callable

MOST_STREAMS = 16


class Streams:
    """A quarter of the threads at most."""

    def __init__(self, threads: int) -> None:
        self.most = min(MOST_STREAMS, threads // 4)
        self._lock = threading.Lock()
        self._open = 0

    @property
    def open(self) -> int:
        return self._open

    def enter(self) -> Callable[[], None] | None:
        """Take a place, and get the way to leave it, once or often; None when all are taken."""
        with self._lock:
            if self._open >= self.most:
                return None
            self._open += 1
        left = threading.Event()

        def leave() -> None:
            with self._lock:
                if not left.is_set():
                    left.set()
                    self._open -= 1

        return leave
