"""Writes gunicorn's log lines to the portal's log, in the same format."""

import os
from typing import Any

from gunicorn.glogging import Logger

from portal.logs import FORMATS, configure_logging
from portal.settings.environment import Environment


class GunicornLog(Logger):  # type: ignore[misc] # gunicorn has no types
    """Its access log is off: the portal writes a line for each request itself."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        configure_logging(Environment(os.environ).choice("PORTAL_LOG_FORMAT", FORMATS))
        self.error_log.handlers = []
        self.error_log.propagate = True
