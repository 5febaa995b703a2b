"""Makes Spyne 2.14 importable on Python 3.12 and later; to be imported before anything of Spyne.

Spyne brings a copy of ``six`` whose importer newer Pythons no longer know. The installed ``six`` is put in
its place, under every name that Spyne asks for.
"""

import logging
import math
import sys
from importlib import import_module
from typing import Any

_COPY = "spyne.util.six"
_PARTS = (
    "moves",
    "moves.collections_abc",
    "moves.http_cookies",
    "moves.urllib",
    "moves.urllib.error",
    "moves.urllib.parse",
    "moves.urllib.request",
)


def _function_name(function: Any) -> str:
    name: str = function.__name__
    return name


def _mend() -> None:
    if _COPY in sys.modules:
        return
    six: Any = import_module("six")
    # Spyne added this one to its copy
    six.get_function_name = _function_name
    sys.modules[_COPY] = six
    for part in _PARTS:
        sys.modules[f"{_COPY}.{part}"] = import_module(f"six.{part}")


_mend()
# Spyne logs every document that it can't read, whole and with a traceback. Such a document is its sender's
# mistake, is answered with a fault, and may hold what a log must not; our own mistakes we log ourselves.
logging.getLogger("spyne").setLevel(logging.CRITICAL + 1)
# Each second Spyne would collect all garbage after a call, for files that a service left open; ours opens none.
import_module("spyne.const").MIN_GC_INTERVAL = math.inf  # type: ignore[attr-defined]
