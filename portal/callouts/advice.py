"""What to do about an answer that is an error, in a sentence for each status that has one."""

import re
from http import HTTPStatus

from portal.core.wire import one_line

_ADVICE = {
    301: "the receiver has moved to {location}. Callouts follow no redirects: enter the new URL.",
    302: "the receiver pointed to {location}. Callouts follow no redirects: enter the URL that answers itself.",
    303: "the receiver pointed to {location}. Callouts follow no redirects: enter the URL that answers itself.",
    304: "the receiver says that nothing has changed since it was last asked, as if to a browser. Choose POST, or have "
    "its operator see that neither it nor a cache before it keeps this address.",
    307: "the receiver pointed to {location}. Callouts follow no redirects: enter the URL that answers itself.",
    308: "the receiver has moved to {location}. Callouts follow no redirects: enter the new URL.",
    401: "the receiver refused the user name or password. Check both on the callout's General tab.",
    403: "the receiver knows the sender and does not allow this. Check the user name on the General tab.",
    404: "the receiver has nothing at this address. Check the URL on the callout's General tab.",
    405: "the receiver does not take this transport method here. Check GET or POST on the General tab.",
    407: "a proxy on the way wants a sign-in. Ask whoever runs it to let the portal through.",
    410: "the receiver says this address is gone for good. Ask its vendor for the new URL.",
    415: "the receiver does not take this data format. Check the Data Format on the General tab.",
    426: "the receiver wants another protocol ({protocol}), and callouts speak HTTP/1.1. Have its operator allow that.",
    429: "the receiver is being asked too often. It is asked again later.",
    505: "the receiver does not take HTTP/1.1, and callouts speak that. Have its operator allow it.",
}
# RFC 9110, 11.6.1: a header may hold several challenges, and quoted text in them may hold anything
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"?')
_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9!#$%&'*+.^_`|~-]*)(?=\s*$|\s+[^\s=])")
_NAMES = {"basic": "Basic", "digest": "Digest", "bearer": "Bearer", "ntlm": "NTLM", "negotiate": "Negotiate"}
_MOST_SCHEMES, _MOST_NAME, _MOST_LOCATION, _LOOKED_AT = 5, 30, 150, 4096
# what nginx, Apache, Go, Caddy, Tomcat and IIS answer to http at a port of https
_TLS_ONLY = re.compile(
    rb"(?:plain HTTP|HTTP request) (?:request )?(?:was sent )?to (?:an )?(?:HTTPS|SSL)"
    rb"|requires? (?:TLS|SSL)\b|SSL is required",
    re.IGNORECASE,
)
_MAY_WANT_TLS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN})

Headers = tuple[tuple[str, str], ...]


def advice(status: int, headers: Headers, body: bytes) -> str:
    """Say what an error means and what to do, "" where the status says all that is known."""
    if status in _MAY_WANT_TLS and _TLS_ONLY.search(body[:_LOOKED_AT]):
        return "this port takes https only. Write https:// in the URL on the callout's General tab."
    schemes = _schemes(headers, "www-authenticate") if status == HTTPStatus.UNAUTHORIZED else []
    if schemes and "Basic" not in schemes:
        return (
            f"the receiver wants a sign-in by {' or '.join(schemes)}, and callouts send Basic. "
            "Have its operator allow Basic for this address."
        )
    said = _ADVICE.get(status, "")
    if not said and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "the receiver is in trouble. What it said stands in its answer."
    return said.format(
        location=one_line(_first(headers, "location"), _MOST_LOCATION) or "another address",
        protocol=one_line(_first(headers, "upgrade"), _MOST_NAME) or "it does not say which",
    )


def _first(headers: Headers, name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")


def _schemes(headers: Headers, name: str) -> list[str]:
    """Give the schemes that a receiver takes, in its order, each once."""
    found: dict[str, None] = {}
    for value in (value for key, value in headers if key.lower() == name):
        for part in _QUOTED.sub('""', value).split(","):
            scheme = _SCHEME.match(part)
            if scheme and len(scheme[1]) <= _MOST_NAME and len(found) < _MOST_SCHEMES:
                found[_NAMES.get(scheme[1].lower(), scheme[1])] = None
    return list(found)
