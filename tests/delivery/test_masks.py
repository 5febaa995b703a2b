"""A password never comes back: whatever a receiver does with it in its answer, it is masked."""

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from sqlalchemy import select

from portal.callouts.redaction import MASK, basic_pair, patterns_of, redact
from portal.db.services import services
from portal.models import Attempt, CalloutRecipient, Delivery, Message, TicketNote
from tests.conftest import make_resource
from tests.delivery.conftest import make_callout
from tests.delivery.test_drain import change
from tests.receiver import Answer

PASSWORDS = ["s3cret-pässword", "p&\"<>'/\\ 100% \u65e5\u672c", "plain-secret", "a/b+c=d&e", "ÿþ\x7f\u00a0x"]


def as_dot_net(text: str) -> bytes:
    """By System.Text.Json's default encoder, of what stands in PASSWORDS."""
    escaped = (
        json.dumps(text)[1:-1].replace('\\"', "\\u0022").replace("\\u007f", "\x7f").replace("\x7f", "\\u007F")
    )
    for each in "&'+<>":
        escaped = escaped.replace(each, f"\\u{ord(each):04X}")
    return re.sub(r"\\u....", lambda found: "\\u" + found[0][2:].upper(), escaped).encode()


ECHOES = {
    "as it is": lambda text: text.encode(),
    "percent-encoded": lambda text: quote(text, safe="").encode(),
    "percent-encoded with slashes": lambda text: quote(text).encode(),
    "percent-encoded in small letters": lambda text: (
        quote(text, safe="").replace("%C3%A4", "%c3%a4").encode()
    ),
    "as a form": lambda text: quote_plus(text).encode(),
    "as HTML": lambda text: html.escape(text).encode(),
    "as XML": lambda text: escape(text).encode(),
    "as XML with references": lambda text: html.escape(text).encode("ascii", "xmlcharrefreplace"),
    "as JSON": lambda text: json.dumps(text).encode(),
    "as JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False).encode(),
    "as JSON with escaped slashes": lambda text: json.dumps(text).replace("/", "\\/").encode(),
    "as JSON in UTF-8 with escaped slashes, as PHP writes it": lambda text: (
        json.dumps(text, ensure_ascii=False).replace("/", "\\/").encode()
    ),
    "as JSON, as .NET writes it": as_dot_net,
    "in Base64": lambda text: base64.b64encode(text.encode()),
    "as UTF-8 read as Latin-1": lambda text: text.encode().decode("latin-1").encode(),
    "as UTF-16": lambda text: text.encode("utf-16"),
    "as big-endian UTF-16, after a byte": lambda text: b"!" + text.encode("utf-16-be"),
    "as JSON in UTF-16": lambda text: json.dumps(text).encode("utf-16-le"),
    "as JSON, wholly in escapes": lambda text: "".join(f"\\u{ord(each):04x}" for each in text).encode(),
    "as JSON in JSON": lambda text: json.dumps(json.dumps(text)).encode(),
    "wholly percent-encoded": lambda text: "".join(f"%{each:02X}" for each in text.encode()).encode(),
    "percent-encoded twice": lambda text: quote(quote(text, safe=""), safe="").encode(),
    "as numeric references": lambda text: "".join(f"&#x{ord(each):X};" for each in text).encode(),
    "as quoted-printable": lambda text: "".join(f"={each:02X}" for each in text.encode()).encode(),
    "as the header": lambda text: b"Basic " + basic_pair("acme", text),
}


def test_every_usual_way_to_write_a_password_is_masked(subtests):
    for password in PASSWORDS:
        for echo, write in ECHOES.items():
            with subtests.test(password=password, echo=echo):
                written = write(password)
                shown = redact(b"<<" + written + b">>", patterns_of(basic_pair("acme", password), password))
                mask = next(
                    each for each in map(MASK.encode, ("utf-8", "utf-16-le", "utf-16-be")) if each in shown
                )
                rest = shown.replace(mask, b"")
                assert len(rest) <= len(b'<<Basic ">>"==') + 4, rest


def test_a_short_password_masks_only_the_header_that_carries_it():
    pair = basic_pair("acme", "abc")
    assert (
        redact(b"abc, abcdef; Basic " + pair, patterns_of(pair, "abc"))
        == f"abc, abcdef; Basic {MASK}".encode()
    )


def test_without_a_user_name_or_password_there_is_still_a_pair():
    assert basic_pair("acme", "") == b"YWNtZTo="
    assert redact(b"Basic YWNtZTo=", patterns_of(basic_pair("acme", ""), "")) == f"Basic {MASK}".encode()


@pytest.mark.parametrize("password", PASSWORDS[:2], ids=ascii)
def test_an_answer_that_echoes_the_password_everywhere_is_kept_and_told_without_it(
    session, ticket, receiver, drain, password
):
    callout = make_callout(
        session,
        receiver.url,
        name="Acme RMM",
        username="acme",
        password_encrypted=services().credentials.encrypt(password),
        data_format="soap",
        method_name="Do",
        soap_action="urn:Do",
        resend_after="passing",
    )
    resource = make_resource(session, "service_desk")
    session.add(CalloutRecipient(callout_id=callout.id, resource_id=resource.id, slot=1))
    session.commit()
    # at the place where a fault's text is cut
    text = html.escape("x" * 490 + password).encode("ascii", "xmlcharrefreplace")
    fault = b"<Envelope><Body><Fault><faultstring>" + text + b"</faultstring></Fault></Body></Envelope>"
    receiver.answers = [
        Answer(404, password.encode(), {"X-Echo": quote(password, safe=""), "Location": quote(password)}),
        Answer(302, b"", {"Location": f"/?{quote(password)}"}),
        Answer(500, fault),
    ]
    for status in (5, 8, 9):
        change(session, ticket, status)
    drain()
    kept = [
        repr([getattr(row, column.name) for column in row.__table__.columns])
        for table in (Attempt, Message, TicketNote, Delivery)
        for row in session.scalars(select(table))
    ]
    assert len(receiver.got) == 3
    assert len(kept) == 3 + 2 + 2 + 3, "two ended, and the fault may pass"
    for shape in (password, quote(password, safe=""), html.escape(password), password[:6]):
        for each in kept:
            assert shape not in each
            assert ascii(shape)[1:-1] not in each
    assert sum(MASK in each for each in kept) >= 3
