"""Explains failures where the receiver speaks another protocol than the callout's URL says: TLS, no TLS, or HTTP/2."""

import ssl

from portal.core.verdicts import ErrorKind, Unreachable
from portal.http.connections import Origin, error_text
from portal.http.errors import ResponseError

_TAB = "in the URL on the General tab"
# OpenSSL's reasons, in its various versions, for bytes that are not TLS
_NO_TLS = frozenset({
    "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "UNKNOWN_PROTOCOL", "BAD_RECORD_TYPE",
    "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE", "RECORD_TOO_SMALL",
})  # fmt: skip


def explain_response_error(error: ResponseError, origin: Origin, *, answered_before: bool) -> Unreachable:
    """Return what an unusable answer means, with the scheme to write in the URL where that is the cause."""
    where = f"{origin.host}:{origin.port}"
    match error.speaks:
        case "TLS":
            said = f"{where} speaks TLS, and the callout's URL says http. Write https:// {_TAB}."
        case "HTTP/2":
            return _http2(origin)
        case "nothing" if origin.scheme == "http" and not answered_before:
            said = f"{error} If {where} expects TLS, write https:// {_TAB}."
        case _:
            return error.outcome
    return Unreachable(error.outcome.kind, said)


def explain_tls_failure(error: OSError, origin: Origin) -> Unreachable:
    """Return why the TLS handshake failed; nothing was sent yet."""
    where = f"{origin.host}:{origin.port}"
    # newer reasons have no name in older Pythons, but are in the text
    reason = f"{getattr(error, 'reason', '')} {error}".upper().replace(" ", "_")
    hint = f"If it does not speak TLS, write http:// {_TAB}."
    if isinstance(error, ssl.SSLError) and any(each in reason for each in _NO_TLS):
        said = f"{where} does not speak TLS, and the callout's URL says https. Write http:// {_TAB}, or its TLS port."
    elif "NO_APPLICATION_PROTOCOL" in reason:
        return _http2(origin)
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
            "Have its operator correct it, or make its authority known to the portal's machine."
        )
    else:
        said = f"TLS with {where} failed ({error_text(error)}), so nothing was sent."
    return Unreachable(ErrorKind.TLS, said)


def _http2(origin: Origin) -> Unreachable:
    where = f"{origin.host}:{origin.port}"
    said = f"{where} speaks only HTTP/2, and callouts speak HTTP/1.1. Have its operator allow HTTP/1.1"
    said += (
        ", and keep https://."
        if origin.scheme == "https"
        else f", or write https:// {_TAB} if its TLS port does."
    )
    return Unreachable(ErrorKind.PROTOCOL, said)
