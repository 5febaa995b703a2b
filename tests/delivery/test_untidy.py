"""Answers that came whole count, whatever their head and framing look like; those that broke off do not."""

import gzip
import socket
import zlib
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.verdicts import Answered, Unreachable
from portal.core.wire import closed_root
from portal.http.client import MAX_ANSWER
from portal.http.errors import ResponseError
from portal.http.remarks import TEXTS
from portal.http.response import Answer
from tests.delivery.test_http import answering, client, raw_server, send
from tests.receiver import reset

TWO = b"Content-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
XML = b"<Envelope><Body>x</Body></Envelope>"

# what came, and what is remarked; its body is "ok" where nothing else is said
UNTIDY: dict[str, tuple[bytes, str]] = {
    "identity": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n" + TWO, "framing.transfer-encoding"),
    "identity, no length": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nok",
        "framing.transfer-encoding",
    ),
    "chunked, identity": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "framing.transfer-encoding",
    ),
    "chunked twice": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "framing.transfer-encoding",
    ),
    "length and chunks": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "framing.length-and-chunked",
    ),
    "no chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + TWO, "framing.not-chunked"),
    "the same length twice": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + TWO, "framing.two-lengths"),
    "a list of lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok", "framing.two-lengths"),
    "another length": (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n" + TWO, "framing.lengths-differ"),
    "a greater length": (b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n" + TWO, "framing.lengths-differ"),
    "plus": (b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", "framing.length-syntax"),
    "negative": (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok", "framing.length-unreadable"),
    "space before the colon": (b"HTTP/1.1 200 OK\r\nX-Server : a\r\n" + TWO, "head.name"),
    "space in a name": (b"HTTP/1.1 200 OK\r\nX Server: a\r\n" + TWO, "head.name"),
    "no name": (b"HTTP/1.1 200 OK\r\n: a\r\n" + TWO, "head.name"),
    "a name in Latin-1": (b"HTTP/1.1 200 OK\r\nX\xe4\x0b: a\r\n" + TWO, "head.name"),
    "a length with a space": (b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok", "head.name"),
    "no colon": (b"HTTP/1.1 200 OK\r\nServer\r\n" + TWO, "head.no-colon"),
    "NUL": (b"HTTP/1.1 200 OK\r\nX: a\0b\r\n" + TWO, "head.control-characters"),
    "folded": (b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n" + TWO, "head.folded"),
    "line feeds": (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "head.line-ends"),
    "carriage returns": (b"HTTP/1.1 200 OK\rContent-Length: 2\r\rok", "head.line-ends"),
    "two carriage returns": (b"HTTP/1.1 200 OK\r\r\nContent-Length: 2\r\r\n\r\r\nok", "head.line-ends"),
    "mixed line ends": (b"HTTP/1.1 200 OK\r\nX: a\rb\n" + TWO, "head.line-ends"),
    "blank lines first": (b"\r\n\r\nHTTP/1.1 200 OK\r\n" + TWO, "head.blank-lines"),
    "HTTP/2": (b"HTTP/2 200\r\n" + TWO, "head.status-line"),
    "HTTP/2.0": (b"HTTP/2.0 200 OK\r\n" + TWO, "head.status-line"),
    "two spaces": (b"HTTP/1.1  200 OK\r\n" + TWO, "head.status-line"),
    "a tab": (b"HTTP/1.1\t200\tOK\r\n" + TWO, "head.status-line"),
    "no space": (b"HTTP/1.1 200OK\r\n" + TWO, "head.status-line"),
    "small letters": (b"http/1.1 200 OK\r\n" + TWO, "head.status-line"),
    "ICY": (b"ICY 200 OK\r\n" + TWO, "head.status-line"),
    "an untidy interim": (b"HTTP/1.1 100\n\nHTTP/1.1 200 OK\r\n" + TWO, "head.line-ends"),
    "a space after a size": (CHUNKED + b"2 \r\nok\r\n0\r\n\r\n", "framing.chunk-syntax"),
    "chunks with line feeds": (CHUNKED + b"2\nok\n0\n\n", "framing.chunk-syntax"),
    "no line end after a chunk": (CHUNKED + b"2\r\nok0\r\n\r\n", "framing.chunk-syntax"),
    "an odd extension": (CHUNKED + b'2;"x\r\nok\r\n0\r\n\r\n', "framing.chunk-syntax"),
    "no line end after the last chunk": (CHUNKED + b"2\r\nok\r\n0\r\n", "framing.after-last-chunk"),
    "half a last chunk": (CHUNKED + b"2\r\nok\r\n0", "framing.after-last-chunk"),
    "plain, labelled gzip": (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n" + TWO, "encoding.not-as-said"),
    "plain, labelled deflate": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n" + TWO,
        "encoding.not-as-said",
    ),
    "labelled br": (b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n" + TWO, "encoding.unknown"),
    "a line end after the answer": (b"HTTP/1.1 200 OK\r\n" + TWO + b"\r\n", "framing.surplus"),
    "more after chunks": (CHUNKED + b"2\r\nok\r\n0\r\n\r\n\r\n", "framing.surplus"),
}


def codes(outcome: object) -> list[str]:
    assert isinstance(outcome, Answered), outcome
    return [each.code for each in outcome.remarks]


def test_an_untidy_answer_that_came_whole_counts_with_a_remark(subtests):
    for name, (answer, code) in UNTIDY.items():
        with subtests.test(name=name):
            with raw_server(answering(answer)) as url:
                outcome = send(url)
            assert code in codes(outcome)
            assert (outcome.status, outcome.body) == (200, b"ok")
            assert all(each.text == TEXTS[each.code] for each in outcome.remarks)


def test_a_body_that_no_status_allows_is_read_for_it_may_be_a_fault():
    with raw_server(answering(b"HTTP/1.1 204 No Content\r\nContent-Length: 8\r\n\r\n<fault/>")) as url:
        outcome = send(url)
    assert codes(outcome) == ["framing.body-unexpected"]
    assert outcome.body == b"<fault/>"


def test_what_is_whole_counts_though_the_receiver_says_nothing_more_and_does_not_hang_up(subtests):
    for answer, body in [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + XML, XML),
        (CHUNKED + b"23\r\n" + XML + b"\r\n", XML),
        (CHUNKED + b"23\r\n" + XML + b"\r\n0\r\n", XML),
        (b"HTTP/1.1 200 OK\r\n\r\n" + XML, XML),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\nok", b"ok"),
    ]:
        with subtests.test(answer=answer, body=body):
            with raw_server(answering_and_staying(answer)) as url:
                outcome = send(url)
            assert codes(outcome)
            assert outcome.body == body


def test_what_is_whole_counts_though_the_connection_is_reset():
    def serve(connection: socket.socket) -> None:
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + XML)(connection)
        reset(connection)

    with raw_server(serve) as url:
        assert codes(send(url)) == ["framing.broken-off"]


def answering_and_staying(answer: bytes) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        answering(answer)(connection)
        connection.recv(1)

    return serve


def test_missing_bytes_are_an_error_in_every_format(subtests):
    for answer in [
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + XML[:-1],
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<r><r>not its own end</r>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<html>a page</html>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 4\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length : 99\r\n\r\nshort",
        CHUNKED + b"4\r\nok",
        CHUNKED + b"2\r\nok\r\n",
        CHUNKED + b"no chunks",
        b"HTTP/2 200 OK\r\nContent-Length: 0\r\n",
    ]:
        with subtests.test(answer=answer):
            with raw_server(answering(answer)) as url:
                outcome = send(url)
            assert isinstance(outcome, Unreachable)
            assert outcome.kind == "protocol"


def test_a_reset_or_a_time_out_before_the_end_is_an_error_where_only_the_end_of_the_connection_tells_it(
    subtests,
):
    for act in [reset, lambda connection: connection.recv(1)]:
        with subtests.test(act=act):

            def serve(connection: socket.socket, act: Callable[[socket.socket], object] = act) -> None:
                answering(b"HTTP/1.1  200 OK\r\n\r\nhalf a ")(connection)
                act(connection)

            with raw_server(serve) as url:
                assert isinstance(send(url, client(total=0.5)), Unreachable)


def test_a_connection_with_anything_untidy_is_not_used_again():
    accepted = []

    def serve(connection: socket.socket) -> None:
        accepted.append(connection)
        answering_and_staying(b"HTTP/1.1 200 OK\r\nX-Server : a\r\n" + TWO)(connection)

    each = client()
    with raw_server(serve) as url:
        assert [send(url, each).status for _ in range(3)] == [200, 200, 200]
    assert len(accepted) == 3


def test_what_surrounds_a_body_counts_towards_what_is_read(subtests):
    for head, more, counts in [
        (CHUNKED + b"2;", b"x", False),
        (CHUNKED, b"1;" + b"x" * 9000 + b"\r\nx\r\n", False),
        (b"HTTP/1.1  200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;", b"x", False),
        (CHUNKED + b"2\r\nok\r\n0\r\n", b"X: y\r\n", True),
        (b"", b"\r\n", False),
        (b"HTTP/1.1  100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", False),
    ]:
        with subtests.test(head=head, more=more, counts=counts):
            sent = 0

            def serve(connection: socket.socket, head: bytes = head, more: bytes = more) -> None:
                nonlocal sent
                answering(head)(connection)
                while True:
                    sent += connection.send(more * (60_000 // len(more)))

            with raw_server(serve) as url:
                assert isinstance(send(url, client(total=60)), Answered) == counts
            assert sent < 100_000_000, "buffers of the system hold some of it"


class Pieces:
    """What came, one piece after the other."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = [each for each in pieces if each]

    def receive(self, _most: int, _deadline: float) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""


def read(pieces: list[bytes]) -> tuple[object, ...]:
    answer = Answer(MAX_ANSWER)
    try:
        answer.read(Pieces(pieces), 1e12)
    except ResponseError as error:
        return (error.outcome.kind,)
    return answer.status, answer.reason, answer.headers, answer.body, answer.remarks


def test_an_answer_means_the_same_in_however_many_pieces_it_comes(subtests):
    for name in UNTIDY:
        with subtests.test(name=name):
            answer = UNTIDY[name][0].removesuffix(b"\r\n\r\n\r\n")
            answer = answer if UNTIDY[name][1] != "framing.surplus" else answer.removesuffix(b"\r\n")
            assert read([answer]) == read([bytes([each]) for each in answer])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(UNTIDY)), st.data())
def test_nothing_that_comes_raises_anything_but_broken(name, data):
    answer = bytearray(UNTIDY[name][0])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(answer)))
        answer[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=6))
    read([bytes(answer)])


PLAIN = b"<ok>" + b"said at length, " * 20 + b"</ok>"
RAW = zlib.compressobj(wbits=-15)


def test_a_packed_answer_is_unpacked_as_far_as_it_goes(subtests):
    for named, packed, body, remarked in [
        ("gzip", gzip.compress(PLAIN), PLAIN, []),
        ("X-GZIP", gzip.compress(PLAIN[:9]) + gzip.compress(PLAIN[9:]), PLAIN, []),
        ("deflate", zlib.compress(PLAIN), PLAIN, []),
        ("deflate", RAW.compress(PLAIN) + RAW.flush(), PLAIN, []),
        ("gzip, deflate", zlib.compress(gzip.compress(PLAIN)), PLAIN, []),
        ("gzip", zlib.compress(PLAIN), PLAIN, []),
        ("gzip", gzip.compress(PLAIN)[:-9], PLAIN[:-1], ["encoding.cut-off"]),
        ("gzip", PLAIN, PLAIN, ["encoding.not-as-said"]),
        ("zstd", PLAIN, PLAIN, ["encoding.unknown"]),
        ("gzip, gzip, gzip, gzip", PLAIN, PLAIN, ["encoding.unknown"]),
    ]:
        with subtests.test(named=named, packed=packed, body=body, remarked=remarked):
            head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {named}\r\nContent-Length: {len(packed)}\r\n\r\n"
            with raw_server(answering(head.encode() + packed)) as url:
                outcome = send(url)
            assert codes(outcome) == remarked
            assert body.startswith(outcome.body[:9])
            assert outcome.body == body or remarked == ["encoding.cut-off"]


def test_a_closed_root_is_seen_by_its_tags(subtests):
    for text, closed in [
        (b"<a1><b>x</b></a1>\n", True),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY y "z">]><r a=">"/>', True),
        (
            b"Warning: <br /> in x.php\n<?xml version='1.0'?><r>\xff & 1 < 2 <![CDATA[</r>]]><!-- </r> --></r><!-- -->",
            True,
        ),
        ("<r>ü</r>".encode("utf-16"), True),
        (b"<r><r></r>", False),
        (b"<r><!-- </r>", False),
        (b"<r a='></r>", False),
        (b"<r></s>", False),
        (b"<r/><r>", False),
        (b"<br />\n<b>Warning</b>", False),
        (b"ok", False),
        (b"", False),
        (b"<!--" * 16_000, False),
        (b"<a1 " * 16_000, False),
        (b"<a1>" * 16_000, False),
    ]:
        with subtests.test(text=text, closed=closed):
            assert closed_root(text) == closed
