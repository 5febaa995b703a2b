"""A worker: RQ's pool with its scheduler on one queue, supervised, and the sweep beside it.

    python worker.py            PORTAL_WORKERS processes, started again when one dies
    python worker.py --pool     the pool alone, without sweep (what the line above runs)

Start it on as many machines as needed. The sweep runs in each, so it depends on no single process.
"""

import os
import sys

import structlog

from portal.logs import configure_logging
from portal.runtime.supervisor import Child, NotReady, Supervisor, die_with_parent
from portal.settings import Settings, SettingsError

log = structlog.get_logger("worker")
# less than this process's own supervisor allows
_STOP_SECONDS = 20.0


def run_pool(settings: Settings) -> None:
    """Run the worker processes."""
    from portal import create_app, jobs  # noqa: PLC0415 - as in run()
    from portal.jobs.pool import serve  # noqa: PLC0415

    jobs.bind(create_app(settings))
    _let_forks_die_with_their_parents()
    serve(settings)


def run(settings: Settings) -> None:
    """Keep a pool running, and sweep."""
    supervisor = Supervisor(_STOP_SECONDS)
    try:
        supervisor.start([Child("worker pool", [sys.executable, __file__, "--pool"], os.environ)])
        # imported only now, while the pool starts: others wait for the pool
        from portal import create_app, jobs  # noqa: PLC0415

        jobs.bind(create_app(settings))
        supervisor.watch(settings.sweep_seconds, _sweep)
    finally:
        supervisor.stop()


def _let_forks_die_with_their_parents() -> None:
    """Make sure that a killed pool leaves no worker, and a killed worker no scheduler."""
    parent = [os.getpid()]

    def before() -> None:
        parent[0] = os.getpid()

    os.register_at_fork(before=before, after_in_child=lambda: die_with_parent(parent[0]))


def _sweep() -> None:
    from portal import jobs  # noqa: PLC0415 - as in run()

    try:
        jobs.sweep()
    except Exception as error:  # noqa: BLE001 - the next sweep comes in any case
        log.warning("sweep_failed", error=str(error))


def main() -> None:
    try:
        settings = Settings.from_env()
        configure_logging(settings.log_format)
        run_pool(settings) if "--pool" in sys.argv[1:] else run(settings)
    except (SettingsError, NotReady) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
