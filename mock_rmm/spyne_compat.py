"""Makes Spyne 2.14 importable on Python 3.12 and later. Import this before anything of Spyne.

Spyne carries a copy of `six` too old for the import system since 3.12 (3.11 warns of it); the installed one
takes its place.
"""

import importlib
import logging
import math
import operator
import sys

import six

# What Spyne imports by these names; each must be in sys.modules, since nothing finds it under Spyne's name
_MOVES = (
    "six.moves",
    "six.moves.collections_abc",
    "six.moves.http_cookies",
    "six.moves.urllib",
    "six.moves.urllib.error",
    "six.moves.urllib.parse",
    "six.moves.urllib.request",
)

if "spyne.util.six" not in sys.modules:
    # The one name that Spyne added to its copy
    six.get_function_name = operator.attrgetter("__name__")  # type: ignore[attr-defined, unused-ignore]
    sys.modules["spyne.util.six"] = six
    for _name in _MOVES:
        sys.modules["spyne.util." + _name] = importlib.import_module(_name)

# A document that can't be read is a caller's mistake: the answer and the journal report it.
# Spyne would log each with a traceback; what is left is a bug in the service itself.
logging.getLogger("spyne").setLevel(logging.CRITICAL)

# Each second Spyne would have all garbage collected, for the sake of files that a service left open
importlib.import_module("spyne.const").MIN_GC_INTERVAL = math.inf  # type: ignore[attr-defined]
