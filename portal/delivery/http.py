"""The only HTTP client: sends one request within a total time, and turns all trouble into values.

- Where it connects is checked (``connections``), through a proxy too.
- One deadline covers connecting, TLS, headers and body, so a dribbling server can't hold a thread.
- At most 64 KiB of an answer are read, counted after decompression. Redirects are not followed, TLS is
  verified, and proxies and .netrc of the environment are ignored.

It stands on httptools and on sockets, which cost less than requests and urllib3 do (ARCHITECTURE.md); how an
answer is compressed is still urllib3's to say.
"""

import io
import ssl
import time
from dataclasses import dataclass

import certifi
import urllib3
from urllib3.exceptions import HTTPError

from portal.core.addresses import Allowed
from portal.core.verdicts import Answered, ErrorKind, Outcome, Refused, Unreachable
from portal.core.wire import Request
from portal.delivery.answers import Answer, Broken
from portal.delivery.connections import Connection, Ended, Kept, Place, Proxy, connect, resolve, tunnel, words
from portal.delivery.urls import BadUrl, parse

MAX_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect, and seconds for everything; which addresses may be connected to."""

    connect_timeout: float
    total_timeout: float
    allowed: Allowed
    proxy: str = ""


class Client:
    """Sends requests from many threads over kept connections."""

    def __init__(self, limits: Limits, connections: int) -> None:
        self._limits = limits
        self._proxy = Proxy.of(limits.proxy) if limits.proxy else None
        self._kept = Kept(connections)
        self._tls = ssl.create_default_context()
        if not self._tls.cert_store_stats()["x509_ca"]:
            self._tls.load_verify_locations(certifi.where())  # a system without a store of its own

    def send(self, request: Request, headers: dict[str, str], seconds: float | None = None) -> Outcome:
        """Send a request; give the answer, or why there is none. Never raises for what a peer does.

        ``seconds`` is for all of it, where it isn't what every request has.
        """
        seconds = seconds or self._limits.total_timeout
        deadline = time.monotonic() + seconds
        try:
            place, target = parse(request.url)
            answer = self._exchange(place, self._written(request, headers, place, target), deadline)
            return _answered(answer)
        except (Ended, Broken) as ended:
            return ended.outcome
        except BadUrl as bad:
            return Refused(ErrorKind.REQUEST, f"{bad} Correct it on the callout's General tab.")
        except (OSError, UnicodeError, ValueError) as error:
            return _explain(error, seconds)

    def close(self) -> None:
        self._kept.close()

    def _written(self, request: Request, headers: dict[str, str], place: Place, target: str) -> bytes:
        """Write head and body at once: one packet, and one call of the system."""
        if self._proxy and place.scheme == "http":
            target = f"http://{place.netloc}{target}"
            if self._proxy.header:
                headers = headers | dict([self._proxy.header])
        length = f"Content-Length: {len(request.body)}\r\n" if request.method != "GET" else ""
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        head = f"{request.method} {target} HTTP/1.1\r\nHost: {place.netloc}\r\n{length}{lines}\r\n"
        return head.encode("latin-1") + request.body

    def _exchange(self, place: Place, request: bytes, deadline: float) -> Answer:
        connection = self._kept.take(place) or self._connected(place, deadline)
        try:
            answer = connection.exchange(request, MAX_ANSWER, deadline)
        except BaseException:
            connection.close()
            raise
        if answer.kept:
            self._kept.give(place, connection)
        else:
            # the rest is not wanted, or the receiver does not keep it
            connection.close()
        return answer

    def _connected(self, place: Place, deadline: float) -> Connection:
        limits, proxy = self._limits, self._proxy
        if proxy:
            resolve(place.host, place.port, limits.allowed)
        guard = None if proxy else limits.allowed
        sock = connect(proxy.place if proxy else place, guard, limits.connect_timeout, deadline)
        try:
            if place.scheme == "https":
                if proxy:
                    tunnel(sock, proxy, place, deadline)
                sock = self._tls.wrap_socket(sock, server_hostname=place.host.partition("%")[0])
            return Connection(sock)
        except BaseException:
            sock.close()
            raise


def _answered(answer: Answer) -> Answered:
    headers, body, more = answer.headers, answer.body, answer.more
    encodings = [value for name, value in headers if name.lower() == "content-encoding"]
    if body and any(each.strip().lower() not in {"", "identity"} for each in encodings):
        body, more = _decoded(body, ", ".join(encodings), more)
    return Answered(answer.status, answer.reason, headers, body, more)


def _decoded(body: bytes, encoding: str, more: bool) -> tuple[bytes, bool]:  # noqa: FBT001 - of an answer
    """Decompress what was read of a body. Raises Broken."""
    packed = urllib3.HTTPResponse(
        io.BytesIO(body), {"content-encoding": encoding}, preload_content=False, status=200
    )
    try:
        plain = packed.read(MAX_ANSWER + 1, decode_content=True)
    except (HTTPError, OSError, ValueError) as error:
        said = "The receiver's answer is not encoded as its headers say."
        raise Broken(ErrorKind.PROTOCOL, said) from error
    return plain[:MAX_ANSWER], more or len(plain) > MAX_ANSWER


def _explain(error: Exception, seconds: float) -> Unreachable:
    """Say in one sentence what went wrong after the connection stood."""
    match error:
        case TimeoutError():
            return Unreachable(ErrorKind.TIMEOUT, f"No whole answer came within {seconds:g} s.")
        case ssl.SSLError():
            return Unreachable(ErrorKind.TLS, f"TLS failed: {words(error)}. The request was not sent.")
        case ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError():
            return Unreachable(ErrorKind.RESET, "The receiver reset the connection.")
        case _:
            return Unreachable(ErrorKind.PROTOCOL, f"The receiver's answer is not HTTP ({words(error)}).")
