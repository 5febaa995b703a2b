"""Requests and answers as pages show them, and the cURL command."""

import subprocess
from random import Random

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, select

from portal.cli import portal
from portal.db.services import services
from portal.models import Attempt
from portal.web.presenting.bodies import of_bytes, of_text
from portal.web.presenting.curl import curl_command
from portal.web.presenting.exchange import exchange_of, headers_of
from tests.browser_binary import without_curl
from tests.conftest import make_ticket
from tests.delivery.conftest import make_callout
from tests.receiver import Answer, reset
from tests.web.delivering import complete, text_at
from tests.web.reading import said, tree_of

XML = {"Content-Type": "text/xml; charset=utf-8"}


def test_an_attempt_shows_what_was_sent_and_what_came_back(as_admin, session, ticket, receiver, drain):
    secret = services().credentials.encrypt("hunter2-secret")
    make_callout(
        session,
        f"{receiver.url}?key=1",
        data_format="soap",
        method_name="Changed",
        soap_action="urn:x/Changed",
        username="rmm-user",
        password_encrypted=secret,
    )
    reply = b'<?xml version="1.0" encoding="utf-8"?><r:ok xmlns:r="urn:r"><r:id>7</r:id></r:ok>'
    receiver.answers = [Answer(200, reply, XML)]
    delivery_id = complete(session, ticket)
    drain()
    answer = as_admin.get(f"/deliveries/{delivery_id}")
    (got,) = receiver.got
    assert text_at(answer, "attempt-1-url") == f"{receiver.url}?key=1"
    assert text_at(answer, "attempt-1-request-body-raw") == got.body.decode()
    assert "  <soap:Body>\n" in text_at(answer, "attempt-1-request-body-pretty")
    assert text_at(answer, "attempt-1-answer-body-raw") == reply.decode()
    assert text_at(answer, "attempt-1-answer-body-pretty") == (
        '<?xml version="1.0" encoding="utf-8"?>\n<r:ok xmlns:r="urn:r">\n  <r:id>7</r:id>\n</r:ok>'
    )
    assert "HTTP 200 OK: delivered." in said(answer)
    sent, came = (
        {row.find("th").text: row.find("td").text for row in table.findall(".//tr")}
        for table in tree_of(answer).xpath('//table[@class="headers"]')
    )
    assert sent["Authorization"] == "•••"
    assert sent["SOAPAction"] == got.headers["SOAPAction"]
    assert came["Content-Type"] == XML["Content-Type"]
    for hidden in ("hunter2-secret", "rmm-user", got.headers["Authorization"].removeprefix("Basic ")):
        assert hidden not in answer.text


def test_the_values_of_a_get_are_shown_decoded(as_technician, session, ticket, receiver, drain):
    make_callout(session, f"{receiver.url}?key=a%26b", transport="GET")
    delivery_id = complete(session, ticket)
    drain()
    answer = as_technician.get(f"/deliveries/{delivery_id}")
    lines = text_at(answer, "attempt-1-query").splitlines()
    assert lines[:4] == ["key = a&b", f"id = {ticket.id}", f"number = {ticket.number}", "status = Complete"]


def test_characters_that_xml_cannot_carry_are_said(as_technician, session, company, receiver, drain):
    from portal.models import Udf

    udf = Udf(name="Alert", type="text")
    session.add(udf)
    session.flush()
    make_callout(session, receiver.url, data_format="xml_rpc", method_name="m", udf_id=udf.id)
    ticket = make_ticket(session, company, udfs={udf.id: "a\x01b\x02c\x03"})
    delivery_id = complete(session, ticket)
    drain()
    text = said(as_technician.get(f"/deliveries/{delivery_id}"))
    assert "3 characters that XML can’t carry were sent as U+FFFD" in text


def test_a_cut_answer_says_how_much_is_kept_and_missing(
    as_technician, session, ticket, callout, receiver, drain
):
    receiver.answers = [Answer(500, b"x" * 40_000)]
    delivery_id = complete(session, ticket)
    drain()
    text = said(as_technician.get(f"/deliveries/{delivery_id}"))
    assert "Only the first 16,384 bytes of this answer are kept; 23,616 more are missing." in text


def test_a_binary_answer_is_shown_as_bytes(as_technician, session, ticket, callout, receiver, drain):
    receiver.answers = [Answer(200, b"\x89PNG\r\n\x00<script>", {"Content-Type": "image/png"})]
    delivery_id = complete(session, ticket)
    drain()
    answer = as_technician.get(f"/deliveries/{delivery_id}")
    assert text_at(answer, "attempt-1-answer-body-raw").split("  ")[1].startswith("89 50 4e 47 0d 0a 00 3c")
    assert "This is no text" in said(answer)


def test_xml_whose_charset_is_not_in_its_header_is_shown_as_text(subtests):
    for declaration in ["", '<?xml version="1.0" encoding="iso-8859-1"?>']:
        with subtests.test(declaration=declaration):
            shown = of_bytes(f"{declaration}<a>Prüfung</a>".encode("latin-1"), "text/xml", "", cut=False)
            assert (shown.text, shown.binary) == (f"{declaration}<a>Prüfung</a>", False)


def test_an_answer_can_put_nothing_into_the_page(as_technician, session, ticket, callout, receiver, drain):
    hostile = "</pre><script>alert(1)</script>"
    headers = {"Content-Type": "text/html", "X-Odd": "<img src=x onerror=alert(1)>"}
    receiver.answers = [Answer(500, hostile.encode(), headers)]
    delivery_id = complete(session, ticket)
    drain()
    answer = as_technician.get(f"/deliveries/{delivery_id}")
    assert text_at(answer, "attempt-1-answer-body-raw") == hostile
    assert not tree_of(answer).xpath("//main//script | //main//img")


def test_an_attempt_without_an_answer_says_why(as_technician, session, ticket, callout, receiver, drain):
    receiver.answers = [Answer(act=reset)]
    delivery_id = complete(session, ticket)
    drain()
    answer = as_technician.get(f"/deliveries/{delivery_id}")
    panel = tree_of(answer).xpath('//*[@aria-labelledby="attempt-1-answer"]')[0].text_content()
    assert "None came" in panel
    assert "reset the connection" in panel


def arguments_of(command: str) -> list[str]:
    """Let a real shell take a command apart: what its program would be given."""
    script = "curl() { printf '%s\\0' \"$@\"; }\n" + command
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=True, cwd="/")
    assert done.stderr == b""
    return done.stdout.decode().split("\0")[:-1]


@pytest.mark.processes
def test_a_curl_command_passes_everything_through_a_shell_unchanged(subtests):
    for body in [
        "a=1&b=2",
        'it\'s "quoted" $HOME `id` $(id) \\ !x',
        "@/etc/passwd",
        "-d",
        "line\nline\r\n\ttab",
        "Größe 💾",
        ";",
    ]:
        with subtests.test(body=body):
            url = "https://rmm.example/a'b?x=[1-3]&y={a,b}&z=$(id)"
            headers = [
                ("Content-Type", "text/xml"),
                ("X-Odd", "';id #"),
                ("X-Empty", ""),
                ("Authorization", "•••"),
            ]
            assert arguments_of(curl_command("POST", url, headers, body)) == [
                *("--globoff", "--path-as-is", "--request", "POST", "--url", url),
                *("--header", "Content-Type: text/xml", "--header", "X-Odd: ';id #", "--header", "X-Empty;"),
                *("--user", "USERNAME:PASSWORD", "--data-raw", body),
            ]


@pytest.mark.skipif(bool(without_curl()), reason=without_curl())
@pytest.mark.processes
@pytest.mark.parametrize("transport", ["GET", "POST"])
def test_a_curl_command_sends_the_same_request(as_technician, session, ticket, receiver, drain, transport):
    make_callout(session, f"{receiver.url}?key=a%26b", transport=transport, username="rmm")
    delivery_id = complete(session, ticket)
    drain()
    command = text_at(as_technician.get(f"/deliveries/{delivery_id}"), "attempt-1-curl")
    command += " --silent --noproxy '*'"
    subprocess.run(["sh", "-c", command], check=True, capture_output=True)
    first, second = receiver.got
    assert (first.method, first.path, first.body) == (second.method, second.path, second.body)
    kept = {name: value for name, value in first.headers.items() if name not in {"Authorization", "Host"}}
    assert kept.items() <= second.headers.items()
    assert second.headers["Authorization"].startswith("Basic ")


def test_a_body_is_made_readable_where_it_can_be(subtests):
    for body, media_type, pretty in [
        ('{"b":1,"ä":[true]}', "application/json", '{\n  "b": 1,\n  "ä": [\n    true\n  ]\n}'),
        ('{"broken":', "application/json", ""),
        ("<a><b> x </b></a>", "application/soap+xml", "<a>\n  <b> x </b>\n</a>"),
        ("<a><b></a>", "text/xml", ""),
        ("id=1&name=a%20b+c&empty=", "application/x-www-form-urlencoded", "id = 1\nname = a b c\nempty = "),
        ("<p>not closed", "text/html", ""),
        ("plain", "text/plain", ""),
        ("[" * 10_000, "application/json", ""),
        ("<a>" * 5_000, "text/xml", ""),
        ("<a>" * 2_000 + "</a>" * 2_000, "text/xml", ""),
        ('<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', "text/xml", ""),
    ]:
        with subtests.test(body=body, media_type=media_type, pretty=pretty):
            shown = of_text(body, media_type)
            assert shown.text == body
            assert shown.pretty == pretty


def test_a_body_is_text_where_its_bytes_are(subtests):
    for body, charset, cut, text in [
        (b"\xefxx", "", False, None),
        (b"caf\xe9", "iso-8859-1", False, "café"),
        (b"caf\xc3\xa9", "", False, "café"),
        (b"caf\xc3", "", True, "caf"),
        (b"caf\xc3", "", False, None),
        ("\ufeffäx".encode("utf-16-le"), "", False, "äx"),
        (b"a\x00b", "utf-8", False, None),
        (b"a\x1b[31mb", "utf-8", False, "a␛[31mb"),
        (b"plain", "no-such-charset", False, "plain"),
        (b"plain", "hex", False, "plain"),
    ]:
        with subtests.test(body=body, charset=charset, cut=cut, text=text):
            shown = of_bytes(body, "text/plain", charset, cut=cut)
            assert shown.binary is (text is None)
            if text is not None:
                assert shown.text == text


def test_headers_are_read_back_as_they_were_kept():
    assert headers_of("A: 1\nB: x: y\nEmpty: \n  folded\nC: 3") == [
        ("A", "1"),
        ("B", "x: y"),
        ("Empty", "folded"),
        ("C", "3"),
    ]


def test_an_attempt_that_is_not_stored_can_be_shown_too():
    """What only tries a callout out has no row."""
    blank = dict.fromkeys(("request_headers", "request_body", "answer_headers", "status_reason"), "")
    tried = Attempt(method="GET", url="http://x.example/?a=1", answer_body=b"", replaced=0, **blank)
    sides = exchange_of(tried)
    assert sides.query == "a = 1"
    assert sides.status == ""


STRANGE_HEADERS = [
    "Content-Type: text/plain; charset*=%00'en'utf-8",
    "Content-Type: text/xml; charset=\x00",
    "Content-Type: text/xml; charset=zlib",
    "Content-Type: text/xml; charset=undefined",
    "Content-Type: application/json; charset=\ud800".encode("utf-8", "replace").decode(),
    "Content-Type: ;;=;*=''; charset=\"",
    "Content-Type: multipart/mixed; boundary*0*=x; charset*1=y",
    "Content-Type:\nContent-Length: ٣\n\n: \n x",
    "Content-Type: application/x-www-form-urlencoded\nContent-Encoding: \xff",
]
STRANGE_BODIES = [
    b"",
    b"\xff\xfe\x00\xd8",
    b"<a" * 4000,
    b"<a>" * 4000,
    b"[" * 8000,
    b"{" + b'"a":' * 3000,
    b"1" * 9000,
    b"&" * 8000,
    b"%" * 8000,
    b"<?xml version='1.0' encoding='\x00'?><a/>",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    b"\x1b[31m\x07\r\n\x85" + "\u2028\u202e".encode(),
]


def test_whatever_a_stranger_answers_is_shown_on_each_page_and_export(
    as_admin, session, ticket, receiver, drain, environ
):
    make_callout(session, receiver.url)
    delivery_id = complete(session, ticket)
    drain()
    random = Random(8)
    whole = session.scalars(select(Attempt)).one()
    kept = {column.key: getattr(whole, column.key) for column in Attempt.__table__.columns}
    for number in range(2, 80):
        noise = random.randbytes(random.randrange(60)).replace(b"\x00", b"")
        headers, body = random.choice(STRANGE_HEADERS), random.choice(STRANGE_BODIES)
        place = random.randrange(len(body) + 1)
        changes = {
            "id": number,
            "number": number,
            "url": f"http://[{noise.decode('latin-1')}",
            "status_reason": noise.decode("latin-1"),
            "answer_headers": headers + "\n" + noise.decode("latin-1"),
            "answer_body": body[:place] + noise + body[place:],
            "answer_cut": bool(number % 2),
        }
        session.execute(insert(Attempt).values(**kept | changes))
    session.commit()
    for path in (f"/deliveries/{delivery_id}", f"/tickets/{ticket.id}", "/deliveries", "/"):
        assert as_admin.get(path, follow_redirects=True).status_code == 200, path
    # the pages were drawn in this test's own transaction
    session.commit()
    for options in ([], ["--json"]):
        done = CliRunner().invoke(portal, ["deliveries", "show", str(delivery_id), *options], env=environ)
        assert done.exit_code == 0, done.output
