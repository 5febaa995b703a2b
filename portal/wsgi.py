"""What gunicorn serves."""

import gc
import sys

from portal import create_app
from portal.logs import configure_logging
from portal.settings import Settings, SettingsError

try:
    settings = Settings.from_env()
except SettingsError as error:
    sys.exit(str(error))
configure_logging(settings.log_format)
app = create_app(settings)
# What is there now stays: the collector need not look through it again and again.
gc.collect()
gc.freeze()
