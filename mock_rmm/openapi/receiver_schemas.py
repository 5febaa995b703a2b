"""The shapes of a receiver: as one asks for it, and as it is told."""

from mock_rmm.callout import FIELDS
from mock_rmm.openapi.shapes import MAYBE_TEXT, TEXT, TEXTS, TRUTH, Schema, list_of, one_object
from mock_rmm.receiver import MODES, STYLES, VERSIONS

_BASIS: Schema = {"name": TEXT, "door": TEXT, "path": TEXT, "mode": {"enum": list(MODES)}}
_TEXTS: Schema = dict.fromkeys(("method", "soap_action", "namespace", "username"), MAYBE_TEXT)
_VERSIONS: Schema = {"type": ["array", "null"], "items": {"enum": list(VERSIONS)}}
_REQUIRED: Schema = {"enum": list(FIELDS)}

WANTED_RECEIVER = one_object(
    {
        **_BASIS,
        **_TEXTS,
        "path": MAYBE_TEXT,
        "password": MAYBE_TEXT,
        "versions": {**_VERSIONS, "minItems": 1},
        "style": {"enum": list(STYLES)},
        "required": {**list_of(_REQUIRED), "type": ["array", "null"]},
    },
    "name",
    "door",
    closed=True,
)
RECEIVER = one_object(
    {
        **_BASIS,
        **_TEXTS,
        "username": TEXT,
        "versions": _VERSIONS,
        "style": {"enum": [*STYLES, None]},
        "required": list_of(_REQUIRED),
        "built_in": TRUTH,
        "url": TEXT,
        "wsdl": MAYBE_TEXT,
        "editor": TEXTS,
    },
    "name",
    "door",
    "path",
    "mode",
    "built_in",
    "url",
    "editor",
)
