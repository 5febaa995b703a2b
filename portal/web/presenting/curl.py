"""A request as a cURL command that can be pasted into a shell: it never holds a password."""

import shlex
from collections.abc import Sequence

from portal.callouts.redaction import MASK

CREDENTIALS = "USERNAME:PASSWORD"


def curl_command(method: str, url: str, headers: Sequence[tuple[str, str]], body: str) -> str:
    """Write the command. Whatever a URL, a header or a body holds, the shell and cURL take it as it is."""
    words = [["curl", "--globoff", "--path-as-is", "--request", method, "--url", url]]
    for name, value in headers:
        if value == MASK:
            words.append(["--user", CREDENTIALS])
        else:
            # cURL drops a header without a value unless it ends with a semicolon
            words.append(["--header", f"{name}: {value}" if value else f"{name};"])
    if body:
        # not --data, which would read a file for a body that begins with "@"
        words.append(["--data-raw", body])
    return " \\\n  ".join(" ".join(map(shlex.quote, line)) for line in words)
