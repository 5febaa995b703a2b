"""A receiver that writes down when the first byte of each request came: `python -m tests.bench.first_byte`.

It prints its port, and then a line with the machine's monotonic time for each request.
"""

import socket
import sys
import time


def main() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        _say(str(server.getsockname()[1]))
        while True:
            connection, _ = server.accept()
            with connection:
                _serve(connection)


def _serve(connection: socket.socket) -> None:
    """One request a connection: a kept one would keep all others waiting."""
    data = connection.recv(65536)
    at = time.monotonic()
    while data and not _is_whole(data):
        more = connection.recv(65536)
        if not more:
            return
        data += more
    if data:
        _say(repr(at))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")


def _is_whole(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.splitlines()
            if line.lower().startswith(b"content-length")
        ),
        0,
    )
    return bool(end) and len(body) >= length


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
