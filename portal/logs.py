"""Logging: one line an event, with ids, as text for people or JSON for machines; never a payload.

The portal's events are written directly: the standard library's records and handlers would cost more than the rest
of a line. Other packages' log records are written in the same format.
"""

import logging
import sys

import structlog

FORMATS = ("console", "json")


class _Logger:
    """Writes each event as a line to the current standard error."""

    def __init__(self, name: str = "portal") -> None:
        self.name = name

    def msg(self, line: str) -> None:
        # in one write, so that lines of several threads and processes don't mix
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    debug = info = warning = error = critical = exception = msg


def configure_logging(log_format: str, least: int = logging.INFO) -> None:
    """Send structlog and the standard library's loggers to standard error, in one format.

    ``least`` is the lowest level that is logged, as the standard library's number.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    # plain: the renderer's default shows the values of variables, which include passwords
    console = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    final: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if log_format == "json"
        else [console]
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(least)
    # RQ logs every job and every maintenance, and flask_wtf every form without a token:
    # the drain and the request log have what matters
    for name in ("rq", "rq.worker", "flask_wtf"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("spyne").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[*shared, *final],
        logger_factory=_Logger,
        wrapper_class=structlog.make_filtering_bound_logger(least),
    )
