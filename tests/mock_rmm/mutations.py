"""Makes broken requests of good ones: the same seed gives the same requests."""

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

from tests.mock_rmm.pairs import HARD, USUAL, Target, write
from tests.mock_rmm.running import BASIC

CHARSETS = [
    "utf-8",
    "UTF-16",
    "utf-16-le",
    "iso-8859-1",
    "cp1252",
    "us-ascii",
    "utf-7",
    "klingon",
    "idna",
    "",
    "é",
    '"',
]
TYPES = [
    "text/xml",
    "application/soap+xml",
    "application/x-www-form-urlencoded",
    "application/xml",
    "application/json",
    "multipart/form-data; boundary=x",
    "text/xml;;;charset",
    "/",
    "",
    "text/xml; charset=utf-8; charset=utf-16",
    'application/soap+xml; action="' + "a" * 300,
]
TOKENS = [
    b"\0",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"<!DOCTYPE x>",
    b'<!DOCTYPE x [<!ENTITY e "&e;">]>&e;',
    b"<![CDATA[",
    b"]]>",
    b"&#0;",
    b"&#xD800;",
    b"&lt",
    b"&nothing;",
    b"<?xml version='1.1'?>",
    b"<?pi ?>",
    b"<!--",
    b' xmlns=""',
    b' xmlns:soap="urn:x"',
    b' href="#1" id="1"',
    b' xsi:nil="true"',
    b"<a:b/>",
    b"%",
    b"%ff",
    b"%u1234",
    b"&id=",
    b"&" * 50,
    b"=",
    b"\r\n\r\n",
    b"<int>9999999999999999999999</int>",
    b"<value><nil/></value>",
    b"<array><data/></array>",
    b"<struct/>",
    b"<double>nan</double>",
    b"<dateTime.iso8601>x</dateTime.iso8601>",
    b"<base64>!</base64>",
    "٣".encode(),
    "\u202e\u200b".encode(),
]
VALUES = [
    "",
    " ",
    "0",
    "-1",
    "9" * 400,
    "\x01",
    "é",
    "²",
    "x" * 2000,
    "NaN",
    "1e9",
    '"',
    "Basic",
    "v1,",
    "None",
    "1 2",
    ",",
    "\t",
]
NAMES = [
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "X-Callout-Attempt",
    "SOAPAction",
    "Authorization",
]
TIMES = [
    b"2021-11-20",
    b"0001-01-01T00:00:00+14:00",
    b"9999-12-31T23:59:59-14:00",
    b"99999999999999",
    b"20211120T104334Z",
]
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+")


@dataclass(frozen=True)
class Sent:
    method: str
    query: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def good_ones(pairs: tuple[str, ...]) -> list[Sent]:
    """The documented requests, with usual values and with those that are hard to carry."""
    target = Target("http://rmm.example/", "TicketChanged", "http://tempuri.org/TicketChanged")
    basic = b64encode(":".join(BASIC).encode()).decode()
    common = {
        "Authorization": f"Basic {basic}",
        "webhook-id": "msg_1",
        "webhook-timestamp": "1700000000",
        "X-Callout-Attempt": "1",
    }
    written = [write(pair, values, target) for pair in pairs for values in (USUAL, *HARD)]
    return [
        Sent(each.method, each.url.partition("?")[2], each.body, common | dict(each.headers))
        for each in written
    ]


Change = Callable[[Random, bytes, list[Sent]], bytes]


def _flip(random: Random, data: bytes, _others: list[Sent]) -> bytes:
    changed = bytearray(data)
    for _ in range(random.randint(1, 8)):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _cut(random: Random, data: bytes, _others: list[Sent]) -> bytes:
    return data[: random.randrange(len(data))]


def _behead(random: Random, data: bytes, _others: list[Sent]) -> bytes:
    return data[random.randrange(len(data)) :]


def _leave_out(random: Random, data: bytes, _others: list[Sent]) -> bytes:
    start = random.randrange(len(data))
    return data[:start] + data[start + random.randint(1, 60) :]


def _repeat(random: Random, data: bytes, _others: list[Sent]) -> bytes:
    start = random.randrange(len(data))
    end = start + random.randint(1, 200)
    return data[:end] + data[start:end] * random.choice((1, 2, 60)) + data[end:]


def _put_in(random: Random, data: bytes, _others: list[Sent]) -> bytes:
    where = random.randrange(len(data) + 1)
    return data[:where] + random.choice(TOKENS) + data[where:]


def _splice(random: Random, data: bytes, others: list[Sent]) -> bytes:
    other = random.choice(others)
    more = other.body or other.query.encode()
    return data[: random.randrange(len(data))] + more[random.randrange(len(more)) :]


def _nest(random: Random, data: bytes, _others: list[Sent]) -> bytes:
    where = data.find(b">", random.randrange(len(data))) + 1
    name = random.choice((b"a", b"value", b"array", b"id"))
    depth = random.choice((2, 40, 3000))
    return data[:where] + b"<%s>" % name * depth + b"</%s>" % name * depth + data[where:]


def _add_attributes(random: Random, data: bytes, _others: list[Sent]) -> bytes:
    where = data.find(b">", random.randrange(len(data)))
    many = b"".join(b' a%d="x"' % index for index in range(random.choice((1, 70, 2000))))
    return data[:where] + many + data[where:]


def _change_case(random: Random, data: bytes, _others: list[Sent]) -> bytes:
    start = random.randrange(len(data))
    return data[:start] + data[start : start + 20].swapcase() + data[start + 20 :]


def _change_time(random: Random, data: bytes, _others: list[Sent]) -> bytes:
    return _TIME.sub(random.choice(TIMES), data)


def _make_noise(random: Random, _data: bytes, _others: list[Sent]) -> bytes:
    return random.randbytes(random.choice((1, 30, 3000)))


def _write_anew(random: Random, data: bytes, _others: list[Sent]) -> bytes:
    """In another charset, as a sender does that declares one and writes the other."""
    codec = random.choice(("utf-16", "utf-16-be", "latin-1", "utf-8-sig", "cp1252", "utf-32"))
    return data.decode("utf-8", "replace").encode(codec, "replace")


CHANGES: tuple[Change, ...] = (
    _flip,
    _cut,
    _behead,
    _leave_out,
    _repeat,
    _put_in,
    _put_in,
    _splice,
    _nest,
    _add_attributes,
    _change_case,
    _change_time,
    _make_noise,
    _write_anew,
)


def broken(random: Random, sent: Sent, others: list[Sent]) -> Sent:
    """Change one to four things of a request, some of its content and some of its headers."""
    for _ in range(random.randint(1, 4)):
        if random.random() < 0.3:
            sent = _other_head(random, sent)
        elif sent.body or sent.query:
            sent = _other_content(random, sent, others)
    return sent


def _other_content(random: Random, sent: Sent, others: list[Sent]) -> Sent:
    change = random.choice(CHANGES)
    if sent.body:
        return replace(sent, body=change(random, sent.body, others))
    query = change(random, sent.query.encode("latin-1"), others)
    return replace(sent, query=query.decode("latin-1"))


def _other_head(random: Random, sent: Sent) -> Sent:
    kind = random.randrange(5)
    headers = dict(sent.headers)
    if kind == 0:
        headers.pop(random.choice(list(headers)), None)
    elif kind == 1:
        headers[random.choice(NAMES)] = random.choice(VALUES)
    elif kind == 2:
        headers["Content-Type"] = random.choice(TYPES)
    elif kind == 3:
        headers["Content-Type"] = (
            f"{headers.get('Content-Type', 'text/xml').partition(';')[0]}; charset={random.choice(CHARSETS)}"
        )
    else:
        # Seldom, since it is refused before anybody reads the content
        method = (
            random.choice(("PUT", "HEAD", "DELETE", "GET", "POST")) if random.random() < 0.2 else sent.method
        )
        return replace(sent, method=method)
    return replace(sent, headers=headers)
