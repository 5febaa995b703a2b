"""A fast client over connections that are kept: prints the seconds that so many requests took.

    python -m tests.bench.load HOST PORT CONNECTIONS COUNT < the request's bytes

Where the request has 00000000, each gets another number, so that none is a repeat of another.
A program of its own, so that its work isn't counted as the server's.
"""

import selectors
import socket
import sys
import time

_END_OF_HEAD = b"\r\n\r\n"
_NUMBER = b"00000000"
_LENGTH = b"content-length:"


class Connection:
    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def take(self) -> bytes | None:
        """Give the answer's first line when all of it is here."""
        more = self.socket.recv(1 << 16)
        if not more:
            raise ConnectionResetError("The server closed a connection that should be kept.")
        self._received += more
        head, found, rest = self._received.partition(_END_OF_HEAD)
        if not found or not _is_whole(head.lower(), rest):
            return None
        self._received = b""
        return head.partition(b"\r\n")[0]


def _is_whole(head: bytes, body: bytes) -> bool:
    if _LENGTH in head:
        return len(body) >= int(head.partition(_LENGTH)[2].partition(b"\r\n")[0])
    return body.endswith(b"0\r\n\r\n")  # chunked


def run(host: str, port: int, connections: int, request: bytes, count: int) -> float:
    """Send `count` requests and read their answers; each connection has one under way."""
    before, _, after = request.partition(_NUMBER)
    first = time.time_ns() // 1000 % 10**7
    numbers = iter(range(first, first + count))

    def send(connection: Connection) -> None:
        number = b"%08d" % next(numbers) if after else b""
        connection.socket.sendall(before + number + after)

    selector = selectors.DefaultSelector()
    opened = [Connection(host, port) for _ in range(min(connections, count))]
    for connection in opened:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    begun = time.perf_counter()
    for connection in opened:
        send(connection)
    sent, answered = len(opened), 0
    while answered < count:
        for key, _ in selector.select():
            line = key.data.take()
            if line is None:
                continue
            if b" 200 " not in line:
                raise ValueError(f"The server answered {line.decode('latin-1')}.")
            answered += 1
            if sent < count:
                send(key.data)
                sent += 1
    took = time.perf_counter() - begun
    for connection in opened:
        connection.socket.close()
    selector.close()
    return took


def main() -> None:
    host, port, connections, count = sys.argv[1], *map(int, sys.argv[2:])
    sys.stdout.write(f"{run(host, port, connections, sys.stdin.buffer.read(), count)}\n")


if __name__ == "__main__":
    main()
