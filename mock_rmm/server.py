"""Serves the application with gunicorn: one process, since all memory is in it, and several threads."""

import gc
import logging
import os
from typing import Any

from gunicorn.app.base import BaseApplication

from mock_rmm.app import create_app
from mock_rmm.gathering import GatheringWorker
from mock_rmm.rmm import EXTENSION, Rmm
from mock_rmm.settings import Settings

LONGEST_GOODBYE = 10


class Worker(GatheringWorker):
    """Releases delayed answers when it has to stop, so that stopping is quick."""

    def handle_exit(self, sig: int, frame: Any) -> None:
        self._let_go()
        super().handle_exit(sig, frame)

    def handle_quit(self, sig: int, frame: Any) -> None:
        self._let_go()
        super().handle_quit(sig, frame)

    def _let_go(self) -> None:
        rmm: Rmm | None = getattr(self.wsgi, "extensions", {}).get(EXTENSION)
        if rmm is not None:
            rmm.stop()


class Server(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in gunicorn_settings(self._settings).items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        logging.basicConfig(
            level=self._settings.log_level.upper(), format="%(asctime)s mock-rmm %(levelname)s %(message)s"
        )
        if self._settings.one_core:
            stay_on_one_core(self._settings.port)
        app = create_app(self._settings)
        # What is there now stays: looking through it again and again costs callouts their time
        gc.collect()
        gc.freeze()
        return app


def stay_on_one_core(port: int) -> None:
    """Keep this process on one of the cores that it may use, where the system can do so.

    Mocks at neighbouring ports take different ones.
    """
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[port % len(cores)]})


def gunicorn_settings(settings: Settings) -> dict[str, Any]:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return {
        "bind": f"{host}:{settings.port}",
        "workers": 1,
        "threads": settings.threads,
        "worker_class": Worker,
        # It would wait for a slow client
        "sendfile": False,
        # With those that are held, fewer than a process may have
        "worker_connections": 500,
        "graceful_timeout": LONGEST_GOODBYE,
        "accesslog": "-" if settings.access_log else None,
        "loglevel": "warning" if settings.log_level == "info" else settings.log_level,
        "when_ready": lambda _arbiter: print(f"Mock RMM on http://{host}:{settings.port}/", flush=True),  # noqa: T201 (said to who started it)
        "proc_name": "mock-rmm",
        # It would put a socket into the home directory
        "control_socket_disable": True,
    }
