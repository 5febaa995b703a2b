"""The address at which a request came in, as its caller wrote it."""

import re
from urllib.parse import quote

from mock_rmm.journal import Entry

_HOST = re.compile(r"[A-Za-z0-9._-]{1,255}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
_PATH = "/:@!$&'()*+,;=~-._"
_QUERY = _PATH + "?%[]"


def address(entry: Entry, url_root: str) -> str:
    """The whole URL; with the exporting caller's host where the request named none that is one."""
    scheme, _, own_host = url_root.rstrip("/").partition("://")
    host = entry.header("host")
    if not _HOST.fullmatch(host):
        host = own_host
    query = f"?{quote(entry.query, _QUERY, encoding='latin-1', errors='replace')}" if entry.query else ""
    return f"{scheme}://{host}{quote(entry.path, _PATH)}{query}"
