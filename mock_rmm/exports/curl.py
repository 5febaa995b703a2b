"""One request as a command for a POSIX shell: curl sends the same bytes again.

What was masked isn't in it: it asks for a user name and password by a name that one replaces.
"""

import re
import shlex
from collections.abc import Iterator
from urllib.parse import quote

from mock_rmm.journal import Entry
from mock_rmm.journal.entry import SECRET_HEADERS

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


CREDENTIALS = "USERNAME:PASSWORD"
LONGEST_ARGUMENT = 64 * 1024
"""Linux takes 128 KiB; beyond, the body comes through a pipe from the shell's own printf."""

_BY_CURL = {"host", "content-length", "connection", "transfer-encoding", "content-encoding"}
_OF_ITSELF = ("User-Agent", "Accept", "Content-Type", "Expect")
"""What curl would add, where the request had none."""
_HEAD_WITH_BODY = "--request HEAD --ignore-content-length --header 'Connection: close'"
"""Curl refuses --head with a body. Without it, it waits for as much as the answer's length says, or the end."""

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def as_curl(entry: Entry, url_root: str) -> str:
    """The command, with a line for each option."""
    pipe, body = _body(entry.body)
    options = ["--globoff --path-as-is", _method(entry, has_body=bool(body)), *_headers(entry), *body]
    lines = ["curl", *[option for option in options if option], _word(address(entry, url_root).encode())]
    return pipe + " \\\n  ".join(lines) + "\n"


def _method(entry: Entry, *, has_body: bool) -> str:
    if entry.method == "HEAD":
        return _HEAD_WITH_BODY if has_body else "--head"
    usual = "POST" if has_body else "GET"
    return "" if entry.method == usual else f"--request {_word(entry.method.encode())}"


def _headers(entry: Entry) -> Iterator[str]:
    present = {name.lower() for name, _ in entry.headers}
    if "authorization" in present:
        yield f"--user {CREDENTIALS}"
    for name, value in entry.headers:
        # Curl reads a file for one that begins with an @
        if name.lower() not in _BY_CURL | SECRET_HEADERS and _TOKEN.fullmatch(name):
            pair = f"{name}: {value}" if value else f"{name};"
            yield f"--header {_word(pair.encode('latin-1', 'replace'))}"
    for name in _OF_ITSELF:
        if name.lower() not in present and (entry.body or name in {"User-Agent", "Accept"}):
            yield f"--header '{name}:'"


def _body(body: bytes) -> tuple[str, list[str]]:
    """What comes before curl, and curl's own option."""
    if not body:
        return "", []
    if len(body) <= LONGEST_ARGUMENT and not body.startswith(b"@") and _is_plain(body):
        return "", [f"--data-binary {_word(body)}"]
    return f"printf {_escaped(body)} | ", ["--data-binary @-"]


def _word(text: bytes) -> str:
    """One word of the shell that stands for just these bytes; a NUL can't be in one."""
    if _is_plain(text):
        return shlex.quote(text.decode())
    return f'"$(printf {_escaped(text)})"'


def _is_plain(text: bytes) -> bool:
    """Whether it can stand between quotes, be copied from a page, and come out the same."""
    try:
        return all(each.isprintable() or each == "\n" for each in text.decode())
    except UnicodeDecodeError:
        return False


def _escaped(text: bytes) -> str:
    """A format for printf, in ASCII; a hyphen at its beginning would be taken for an option."""
    return "'" + "".join(map(_LETTERS.__getitem__, text)) + "'"


_SAFE = frozenset(
    b' !"#$&()*+,./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~'
)
_LETTERS = [
    chr(byte) if byte in _SAFE else "%%" if byte == ord("%") else f"\\{byte:03o}" for byte in range(256)
]
