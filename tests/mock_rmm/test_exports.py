"""What was received can be taken elsewhere: as a command, to a browser's network panel, line by line."""

import base64
import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mock_rmm.exports.curl import LONGEST_ARGUMENT, as_curl
from mock_rmm.exports.har import har_entry
from mock_rmm.journal import Entry
from tests.browser_binary import without_curl
from tests.mock_rmm.running import CALLOUT, Mock
from tests.mock_rmm.senders import SENDERS

NOW = datetime(2026, 1, 1, 12, 0, 0, 250_000, tzinfo=UTC)
EVERY_BYTE = bytes(range(256))


def entry(url: str, **changes: object) -> Entry:
    usual = Entry(
        id=1,
        received_at=NOW,
        endpoint="soap",
        method="POST",
        path="/callouts/soap",
        query="",
        headers=(("Host", url.removeprefix("http://")), ("Content-Type", "text/xml")),
        body=b"<a/>",
        fields={},
        operation="",
        problem="",
        authorised=True,
    )
    return replace(usual, **changes)


class Hearing:
    """Takes one request down, byte by byte, and answers it."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        self.head, self.body = b"", b""

    def hear(self) -> None:
        connection, _ = self.listening.accept()
        with connection:
            heard = b""
            while b"\r\n\r\n" not in heard:
                heard += connection.recv(65536)
            self.head, _, self.body = heard.partition(b"\r\n\r\n")
            length = next(
                (int(line[15:]) for line in self.head.split(b"\r\n") if line.startswith(b"Content-Length:")),
                0,
            )
            while len(self.body) < length:
                self.body += connection.recv(65536)
            connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(line.split(b": ", 1) for line in self.head.split(b"\r\n")[1:] if b": " in line)


@contextmanager
def hearing() -> Iterator[Hearing]:
    place = Hearing()
    thread = threading.Thread(target=place.hear, daemon=True)
    thread.start()
    try:
        yield place
        thread.join(20)
    finally:
        place.listening.close()


needs_curl = pytest.mark.skipif(bool(without_curl()), reason=without_curl())


def run(command: str) -> None:
    environ = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    # Not as an argument: one of the commands is too long to be one
    subprocess.run(["sh"], input=command.encode(), check=True, timeout=30, capture_output=True, env=environ)


@needs_curl
def test_the_command_sends_the_same_bytes_again(subtests: pytest.Subtests):
    for body in [
        b"a=1&b=2",
        '<n>it\'s “ü” – \\ $HOME `id` "q" !! %s %%</n>'.encode(),
        b"two\nlines\n",
        b"cr\r\nlf\ttab",
        b"@/etc/passwd",
        b"-X",
        b"-\xff",
        b'--edge\r\nContent-Disposition: form-data; name="id"\r\n\r\n8176\r\n--edge--\r\n',
        EVERY_BYTE,
        b"\xff\xfe<\x00a\x00>\x00",
        b"x" * (LONGEST_ARGUMENT * 4),
    ]:
        with subtests.test(body=body):
            with hearing() as place:
                run(as_curl(entry(place.url, body=body), place.url))
            assert place.body == body


@needs_curl
def test_the_command_sends_the_same_headers_again(subtests: pytest.Subtests):
    for name, value in [
        ("X-Note", 'it\'s $(id) `id` "q" \\ ü'.encode().decode("latin-1")),
        ("X-Note", "\xff\xe9"),
        ("X-Empty", ""),
        ("X-Note", "@/etc/passwd"),
        ("SOAPAction", '"http://tempuri.org/A"'),
    ]:
        with subtests.test(name=name, value=value):
            with hearing() as place:
                headers = (("Host", place.url.removeprefix("http://")), ("X-First", "1"), (name, value))
                run(as_curl(entry(place.url, headers=headers), place.url))
            sent = place.head + b"\r\n"
            assert (
                b"\r\n" + name.encode() + b":" + (b" " if value else b"") + value.encode("latin-1") + b"\r\n"
                in sent
            )
            # Those of curl itself don't come in between
            assert set(place.headers) - {b"Host", b"Content-Length"} <= {b"X-First", name.encode()}


@needs_curl
def test_the_command_has_method_path_and_query(subtests: pytest.Subtests):
    for method in ["GET", "POST", "PUT", "HEAD", "DELETE"]:
        with subtests.test(method=method):
            with hearing() as place:
                asked = entry(
                    place.url,
                    method=method,
                    path="/callouts/a b/../[1-3]{x}/ü",
                    query="a=1&b=it's[1-2]",
                    body=b"",
                )
                run(as_curl(asked, place.url))
            line = place.head.split(b"\r\n")[0].decode()
            assert line == f"{method} /callouts/a%20b/../%5B1-3%5D%7Bx%7D/%C3%BC?a=1&b=it's[1-2] HTTP/1.1"


def test_a_head_request_with_a_body_is_repeated_with_it():
    command = as_curl(entry("http://127.0.0.1:8001", method="HEAD", body=b"a=1"), "http://127.0.0.1:8001")
    assert "--request HEAD" in command
    assert "--head" not in command.replace("--header", "")
    assert "--data-binary" in command


@needs_curl
def test_the_command_of_a_head_request_ends_without_waiting_for_a_body(mock: Mock, subtests: pytest.Subtests):
    for body in [b"", b"a=1", EVERY_BYTE]:
        with subtests.test(body=body):
            mock.reset()
            asked = entry(mock.url, method="HEAD", path="/callouts/name-value", body=body)
            run(as_curl(asked, mock.url))
            row = mock.last()
            assert row["method"] == "HEAD"
            assert base64.b64decode(row["body_base64"] or "") == body or row["body"].encode() == body


def test_a_header_can_not_make_the_command_read_a_file_or_call_another_host():
    hostile = (("@/etc/passwd", "x"), ("Host", "a; touch /tmp/x"), ("X-Y", "1"))
    command = as_curl(entry("", headers=hostile), "http://127.0.0.1:8001/")
    assert "passwd" not in command
    assert "touch" not in command
    assert "http://127.0.0.1:8001/callouts/soap" in command


@needs_curl
def test_the_command_asks_for_a_password_and_has_none(mock: Mock):
    mock.form(headers={"Cookie": "a=secret"})
    command = mock.api("GET", "/requests/1/curl").text
    assert "--user USERNAME:PASSWORD" in command
    assert "Authorization" not in command
    assert "Cookie" not in command
    run(command.replace("USERNAME:PASSWORD", "rmm:rmm-secret"))
    first, second = mock.journal()
    same = ("method", "path", "query", "body", "fields", "authorised")
    assert {name: first[name] for name in same} == {name: second[name] for name in same}
    assert set(first["headers"]) - {"Cookie", "Connection"} == set(second["headers"])


def test_there_is_no_command_for_what_is_not_there(mock: Mock):
    assert mock.api("GET", "/requests/7/curl").status_code == 404


REQUEST = {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"}
RESPONSE = {
    "status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize", "bodySize"
}  # fmt: skip


def check_pairs(pairs: list[dict]) -> None:
    assert all(
        set(pair) == {"name", "value"} and all(isinstance(v, str) for v in pair.values()) for pair in pairs
    )


def check_har(document: dict) -> None:
    """What HAR 1.2 demands of a document; a name that begins with _ is free."""
    assert set(document) == {"log"}
    assert set(document["log"]) == {"version", "creator", "entries"}
    assert document["log"]["version"] == "1.2"
    assert set(document["log"]["creator"]) == {"name", "version"}
    for each in document["log"]["entries"]:
        free = {name for name in each if name.startswith("_")}
        assert set(each) - free == {
            "startedDateTime", "time", "request", "response", "cache", "timings", "comment"
        }  # fmt: skip
        assert datetime.fromisoformat(each["startedDateTime"]).tzinfo is not None
        assert each["time"] == sum(each["timings"][name] for name in ("send", "wait", "receive")) >= 0
        assert set(each["request"]) - {"postData"} == REQUEST
        assert set(each["response"]) - {"_error"} == RESPONSE
        for side in (each["request"], each["response"]):
            check_pairs(side["headers"])
            assert isinstance(side["bodySize"], int)
        check_pairs(each["request"]["queryString"])
        content = each["response"]["content"]
        assert {"size", "mimeType", "text"} <= set(content) <= {"size", "mimeType", "text", "encoding"}
        if "postData" in each["request"]:
            posted = each["request"]["postData"]
            assert {"mimeType", "text"} <= set(posted) <= {"mimeType", "text", "params", "_encoding"}
            check_pairs(posted.get("params", []))


def test_the_journal_of_every_door_is_a_har_document(mock: Mock):
    for send in SENDERS.values():
        send(mock, CALLOUT)
    mock.form(auth=("rmm", "wrong"))
    answer = mock.api("GET", "/requests.har")
    assert answer.headers["Content-Disposition"] == "attachment; filename=requests.har"
    document = answer.json()
    check_har(document)
    entries = document["log"]["entries"]
    assert [each["response"]["status"] for each in entries] == [200, 200, 200, 200, 401]
    assert all(each["_fields"] == CALLOUT for each in entries)
    assert "cm1t" not in answer.text
    assert {"name": "udf", "value": CALLOUT["udf"]} in entries[0]["request"]["queryString"]
    assert {"name": "udf", "value": CALLOUT["udf"]} in entries[1]["request"]["postData"]["params"]
    only = mock.api("GET", "/requests.har?status=4xx").json()
    assert [each["_id"] for each in only["log"]["entries"]] == [5]


def test_an_empty_journal_is_a_har_document(mock: Mock):
    check_har(mock.api("GET", "/requests.har").json())


def test_har_has_bodies_that_are_no_text_in_base64():
    row = entry(
        "http://x",
        body=EVERY_BYTE,
        answer_body=EVERY_BYTE,
        answer_status=200,
        answered_at=NOW + timedelta(seconds=1.5),
    )
    har = har_entry(row, "http://x/")
    posted, content = har["request"]["postData"], har["response"]["content"]
    assert base64.b64decode(posted["text"]) == base64.b64decode(content["text"]) == EVERY_BYTE
    assert posted["_encoding"] == content["encoding"] == "base64"
    assert har["time"] == 1500


def test_har_tells_that_no_answer_came():
    reset = har_entry(entry("http://x", answered_at=NOW), "http://x/")
    assert reset["response"]["status"] == 0
    assert reset["response"]["_error"] == "No answer: the connection was ended."
    assert har_entry(entry("http://x"), "http://x/")["response"]["_error"] == "Not answered yet."


def test_json_lines_have_every_request_with_its_exact_bytes(mock: Mock):
    mock.form()
    mock.session.post(mock.address("soap"), data=EVERY_BYTE, timeout=30)
    answer = mock.api("GET", "/requests.jsonl")
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert rows == mock.journal()
    assert rows[0]["body_base64"] is None
    assert base64.b64decode(rows[1]["body_base64"]) == EVERY_BYTE


def test_a_wrong_search_is_told(mock: Mock, subtests: pytest.Subtests):
    for path in ["/requests.har", "/requests.jsonl", "/requests/search"]:
        with subtests.test(path=path):
            mock.reset()
            answer = mock.api("GET", path + "?status=6x&door=window&before=x&after=-1&text=" + "x" * 201)
            assert answer.status_code == 400
            assert set(answer.json()["fields"]) == {"status", "door", "before", "after", "text"}
