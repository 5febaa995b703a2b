"""Says what to do where a receiver speaks something else than the callout's URL says: TLS or none, or HTTP/2."""

import ssl

from portal.core.verdicts import ErrorKind, Unreachable
from portal.http.broken import Broken
from portal.http.connections import Place, words

_TAB = "in the URL on the General tab"
# what OpenSSL says of bytes that are no TLS, in its several versions
_NO_TLS = frozenset({
    "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "UNKNOWN_PROTOCOL", "BAD_RECORD_TYPE",
    "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE", "RECORD_TOO_SMALL",
})  # fmt: skip


def in_words(broken: Broken, place: Place, *, answered_before: bool) -> Unreachable:
    """Give what an answer that is none means, with the scheme to write where it is a matter of that."""
    where = f"{place.host}:{place.port}"
    match broken.speaks:
        case "TLS":
            said = f"{where} speaks TLS, and the callout's URL says http. Write https:// {_TAB}."
        case "HTTP/2":
            return _http2(place)
        case "nothing" if place.scheme == "http" and not answered_before:
            said = f"{broken} If {where} expects TLS, write https:// {_TAB}."
        case _:
            return broken.outcome
    return Unreachable(broken.outcome.kind, said)


def no_tls(error: OSError, place: Place) -> Unreachable:
    """Say why no TLS came about; nothing was sent yet."""
    where = f"{place.host}:{place.port}"
    # newer reasons have no name in older Pythons, but are in the text
    reason = f"{getattr(error, 'reason', '')} {error}".upper().replace(" ", "_")
    hint = f"If it does not speak TLS, write http:// {_TAB}."
    if isinstance(error, ssl.SSLError) and any(each in reason for each in _NO_TLS):
        said = f"{where} does not speak TLS, and the callout's URL says https. Write http:// {_TAB}, or its TLS port."
    elif "NO_APPLICATION_PROTOCOL" in reason:
        return _http2(place)
    elif isinstance(error, TimeoutError):
        said = f"{where} accepted the connection, and TLS was not agreed in time. {hint}"
        return Unreachable(ErrorKind.TIMEOUT, said)
    elif isinstance(error, ConnectionError):
        return Unreachable(ErrorKind.RESET, f"{where} reset the connection before TLS was agreed. {hint}")
    elif isinstance(error, ssl.SSLEOFError):
        said = f"{where} closed the connection before TLS was agreed. {hint}"
    elif isinstance(error, ssl.SSLCertVerificationError):
        said = (
            f"The certificate of {where} is not trusted ({error.verify_message}), so nothing was sent. "
            "Have its operator mend it, or make its authority known to the portal's machine."
        )
    else:
        said = f"TLS with {where} failed ({words(error)}), so nothing was sent."
    return Unreachable(ErrorKind.TLS, said)


def _http2(place: Place) -> Unreachable:
    where = f"{place.host}:{place.port}"
    said = f"{where} speaks only HTTP/2, and callouts speak HTTP/1.1. Have its operator allow HTTP/1.1"
    said += (
        ", and keep https://."
        if place.scheme == "https"
        else f", or write https:// {_TAB} if its TLS port does."
    )
    return Unreachable(ErrorKind.PROTOCOL, said)
