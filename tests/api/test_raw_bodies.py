"""Bodies as clients other than zeep write them."""

import gzip
import zlib

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.api.soap.views import PATH
from portal.models import Company, Resource, Ticket, TicketUdf, Udf
from portal.models.udf import DATE, TEXT
from tests.api.conftest import NAMESPACE, XSI
from tests.api.raw import ANY, basic, envelope, fault, messages, post, query, read, return_code

# As the `atws` client writes it: two prefixes for one envelope, the header without any, times without a zone
SUDS = """<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:ns0="http://autotask.net/ATWS/v1_6/" xmlns:ns1="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/">
<SOAP-ENV:Header><AutotaskIntegrations xmlns="http://autotask.net/ATWS/v1_6/"><IntegrationCode>CODE</IntegrationCode>
</AutotaskIntegrations></SOAP-ENV:Header>
<ns1:Body><ns0:{operation}><ns0:Entities><ns0:Entity xsi:type="ns0:Ticket">{fields}</ns0:Entity></ns0:Entities>
</ns0:{operation}></ns1:Body></SOAP-ENV:Envelope>"""


UDF = (
    "<a:UserDefinedFields><a:UserDefinedField><a:Name>Alert ID</a:Name><a:Value>{}</a:Value></a:UserDefinedField>"
    "</a:UserDefinedFields>"
)


@pytest.fixture
def udf(session) -> Udf:
    row = Udf(name="Alert ID", type=TEXT)
    session.add(row)
    session.commit()
    return row


def required(company: Company, title: str = "x") -> str:
    return (
        f"<a:AccountID>{company.id}</a:AccountID><a:Title>{title}</a:Title>"
        "<a:Status>1</a:Status><a:Priority>1</a:Priority>"
    )


def suds(operation: str, **fields: object) -> bytes:
    inner = "".join(f"<ns0:{name}>{value}</ns0:{name}>" for name, value in fields.items())
    return SUDS.format(operation=operation, fields=inner).encode()


def test_a_ticket_as_atws_creates_and_updates_it(
    client: FlaskClient, api_user: Resource, company: Company, udf: Udf, look
):
    headers = basic(api_user) | {"SOAPAction": f'"{NAMESPACE}create"'}
    udfs = (
        "<ns0:UserDefinedField><ns0:Name>Alert ID</ns0:Name><ns0:Value>A-1</ns0:Value></ns0:UserDefinedField>"
    )
    body = suds(
        "create", UserDefinedFields=udfs, AccountID=company.id, Title="Ü &amp; &lt;ü&gt;", Status=1, Priority=2,
        DueDateTime="2026-01-01 22:04:05",
    )  # fmt: skip
    answer = post(client, body, headers)
    assert return_code(answer) == "1", answer.text
    (ticket,) = look(select(Ticket))
    assert ticket.title == "Ü & <ü>"
    assert ticket.due_at.isoformat() == "2026-01-02T03:04:05+00:00"
    assert [each.value for each in look(select(TicketUdf))] == ["A-1"]
    entity = read(answer).find(f".//{{{NAMESPACE}}}Entity")
    back = {each.tag.partition("}")[2]: each.text for each in entity if not len(each)}
    assert return_code(post(client, suds("update", **back | {"Title": "x", "Status": 5}), headers)) == "1"
    (ticket,) = look(select(Ticket))
    assert (ticket.status, ticket.title) == (5, "x")


def test_the_entitys_type_is_found_whatever_its_prefix(subtests, client: FlaskClient, api_user, company):
    for kind in [
        'xsi:type="a:Ticket"',
        f'xmlns:q1="{NAMESPACE}" xsi:type="q1:Ticket"',
        f'xmlns="{NAMESPACE}" xsi:type="Ticket"',
        f'xmlns:ticket="{NAMESPACE}" xsi:type=" ticket:Ticket "',
    ]:
        with subtests.test(kind=kind):
            body = envelope(
                f"<a:create><a:Entities><a:Entity {kind}>{required(company)}</a:Entity></a:Entities></a:create>"
            )
            assert return_code(post(client, body, basic(api_user))) == "1"


def test_an_entity_of_no_known_type_is_refused(subtests, client: FlaskClient, api_user):
    for kind, told in [
        ("", "no xsi:type"),
        ('xsi:type="a:Invoice"', "“Invoice” is no entity"),
        ('xsi:type="xsd:Ticket"', "no xsi:type"),
        ('xsi:type="nowhere:Ticket"', "no xsi:type"),
        ('xsi:type="a:Entity"', "“Entity” is no entity"),
    ]:
        with subtests.test(kind=kind, told=told):
            body = envelope(
                f"<a:create><a:Entities><a:Entity {kind}><a:Title>x</a:Title></a:Entity></a:Entities></a:create>"
            )
            (message,) = messages(post(client, body, basic(api_user)))
            assert message.startswith("Error creating entity for record number [1]: ")
            assert told in message


def create(inner: str) -> bytes:
    return envelope(
        f'<a:create><a:Entities><a:Entity xsi:type="a:Ticket">{inner}</a:Entity></a:Entities></a:create>'
    )


def test_values_may_bear_types_of_any_kind(client: FlaskClient, api_user, company, look):
    body = create(
        f'<a:AccountID xsi:type="xsd:int">{company.id}</a:AccountID><a:Title xsi:type="xsd:string">x</a:Title>'
        '<a:Status xsi:type="xsd:decimal">1.0</a:Status><a:Priority xmlns:q="urn:q" xsi:type="q:odd"> 2 </a:Priority>'
        '<a:QueueID xsi:nil="true"/><a:Fields/><a:UserDefinedFields/>'
    )
    assert return_code(post(client, body, basic(api_user))) == "1"
    (ticket,) = look(select(Ticket))
    assert (ticket.status, ticket.priority, ticket.queue) == (1, 2, None)


def test_a_misspelt_field_is_refused_rather_than_dropped(client: FlaskClient, api_user, company, look):
    body = create(f"{required(company)}<a:queueId>8</a:queueId>")
    (message,) = messages(post(client, body, basic(api_user)))
    assert "Ticket has no field “queueId”" in message
    assert look(select(Ticket)) == []


def test_a_value_that_would_lose_something_is_refused(
    subtests, client: FlaskClient, api_user, company, udf, look
):
    for inner, told in [
        ("<a:Description>AL<b/>ERT-2</a:Description>", "Description holds elements"),
        (UDF.format("AL<b/>ERT-2"), "Value holds elements"),
        (UDF.format("<a:Value>ALERT-2</a:Value>"), "Value holds elements"),
        (UDF.format("x</a:Value><a:Value>ALERT-2"), "Value is there twice"),
        (
            UDF.format("x</a:Value><a:value>ALERT-2").replace("</a:Value></a:User", "</a:value></a:User"),
            "nothing else",
        ),
        (UDF.format("ALERT-2").replace("Alert ID", ""), "“ALERT-2” has no Name"),
        (UDF.format("x").replace("Alert ID", "Alert<b/> ID"), "Name holds elements"),
        ("<a:UserDefinedFields>ALERT-2</a:UserDefinedFields>", "the text “ALERT-2” beside its elements"),
        ("<a:ExternalID>1</a:ExternalID><a:ExternalID>2</a:ExternalID>", "ExternalID is there twice"),
        ('<a:ExternalID xsi:nil="true">ALERT-2</a:ExternalID>', "ExternalID says that it is nil"),
        ("<a:Fields/>ALERT-2", "the text “ALERT-2” beside its elements"),
    ]:
        with subtests.test(inner=inner, told=told):
            (message,) = messages(post(client, create(required(company) + inner), basic(api_user)))
            assert told in message
            assert look(select(Ticket)) == []


def test_a_text_of_several_pieces_is_read_whole(client: FlaskClient, api_user, company, udf, look):
    pieces = "AL<!-- x -->E<?pi x?>R<![CDATA[T<b/>]]>&#45;2"
    body = create(required(company, pieces) + UDF.format(pieces))
    assert return_code(post(client, body, basic(api_user))) == "1"
    assert [each.title for each in look(select(Ticket))] == ["ALERT<b/>-2"]
    assert [each.value for each in look(select(TicketUdf))] == ["ALERT<b/>-2"]


def test_an_argument_that_would_lose_something_is_a_fault(subtests, client: FlaskClient, api_user):
    for call, told in [
        (
            "<a:query><a:sXML>&lt;queryxml/&gt;<b/></a:sXML></a:query>",
            "sXML holds elements; it must hold a text.",
        ),
        ("<a:getZoneInfo><a:UserName>rm<b/>m</a:UserName></a:getZoneInfo>", "UserName holds elements"),
    ]:
        with subtests.test(call=call, told=told):
            code, sentence = fault(post(client, envelope(call), basic(api_user)))
            assert code == "Client"
            assert told in sentence


def test_every_value_in_an_answer_says_its_type(client: FlaskClient, api_user, ticket, udf):
    answer = post(client, ANY, basic(api_user))
    entity = read(answer).find(f".//{{{NAMESPACE}}}Entity")
    assert entity.get(f"{{{XSI}}}type") == "tns:Ticket"
    assert entity.nsmap["tns"] == NAMESPACE
    kinds = {each.tag.partition("}")[2]: each.get(f"{{{XSI}}}type") for each in entity}
    assert kinds.pop("id") is None, "the only field that the WSDL gives a type"
    assert kinds.pop("UserDefinedFields") is None
    assert set(kinds.values()) == {"xs:int", "xs:string", "xs:dateTime"}
    assert kinds["Status"] == "xs:int"
    assert entity.nsmap["xs"] == "http://www.w3.org/2001/XMLSchema"


def test_a_time_is_read_and_told_by_its_standard(subtests, client, api_user, company, look):
    for given, kept, told in [
        ("2026-12-31-08:00", "2026-12-31T08:00:00+00:00", "2026-12-31T03:00:00.000-05:00"),
        ("1753-01-01T00:00:00", "1753-01-01T04:56:02+00:00", "1753-01-01T04:56:02.000+00:00"),
    ]:
        with subtests.test(given=given, kept=kept, told=told):
            answer = post(
                client, create(f"{required(company)}<a:DueDateTime>{given}</a:DueDateTime>"), basic(api_user)
            )
            assert return_code(answer) == "1", answer.text
            assert look(select(Ticket).order_by(Ticket.id))[-1].due_at.isoformat() == kept
            assert read(answer).findtext(f".//{{{NAMESPACE}}}DueDateTime") == told


def test_a_date_is_the_day_that_it_names_whatever_its_zone(
    subtests, client, api_user, session, company, look
):
    session.add(Udf(name="Day", type=DATE))
    session.commit()
    for given, kept in [
        ("2026-12-31-08:00", "2026-12-31"),
        ("2026-12-31Z", "2026-12-31"),
        ("2026-12-31T00:00:00Z", "2026-12-30"),
    ]:
        with subtests.test(given=given, kept=kept):
            body = create(required(company) + UDF.format(given).replace("Alert ID", "Day"))
            assert return_code(post(client, body, basic(api_user))) == "1"
            assert look(select(TicketUdf).order_by(TicketUdf.ticket_id))[-1].value == kept


def test_the_soap_action_is_not_needed(subtests, client: FlaskClient, api_user):
    for action in ["", '""', "urn:something-else", None]:
        with subtests.test(action=action):
            headers = basic(api_user) | ({} if action is None else {"SOAPAction": action})
            assert return_code(post(client, ANY, headers)) == "1"


def test_both_spellings_of_the_path_are_served(subtests, client: FlaskClient, api_user):
    for path in [f"{PATH}.asmx", "/atservices/1.6/atws.asmx"]:
        with subtests.test(path=path):
            assert return_code(client.post(path, data=ANY, headers=basic(api_user))) == "1"


def test_bodies_in_other_charsets_are_read(subtests, client, api_user, company, look):
    for charset, content_type in [
        ("utf-8", "text/xml"),
        ("utf-16", "text/xml"),
        ("utf-16", "text/xml; charset=utf-16"),
        ("iso-8859-1", "text/xml; charset=iso-8859-1"),
        ("iso-8859-1", "application/xml"),
        ("windows-1252", 'text/xml; charset="windows-1252"'),
        ("utf-8-sig", "text/xml; charset=utf-8"),
    ]:
        with subtests.test(charset=charset, content_type=content_type):
            text = create(required(company, "Türöffner")).decode()
            declared = "utf-8" if charset == "utf-8-sig" else charset
            body = text.replace('encoding="utf-8"', f'encoding="{declared}"').encode(charset)
            assert return_code(post(client, body, basic(api_user) | {"Content-Type": content_type})) == "1"
            assert look(select(Ticket).order_by(Ticket.id))[-1].title == "Türöffner"


def test_a_value_in_cdata_or_with_comments_is_read_whole(client: FlaskClient, api_user, ticket):
    text = (
        "<queryxml><entity>Ticket</entity><query><field>id<expression op='Equals'>1</expression></field>"
        "</query></queryxml>"
    )
    assert (
        return_code(
            post(client, envelope(f"<a:query><a:sXML><![CDATA[{text}]]></a:sXML></a:query>"), basic(api_user))
        )
        == "1"
    )
    half = query(text).decode().replace("Ticket&lt;", "Ti<!-- x -->cket&lt;").encode()
    assert return_code(post(client, half, basic(api_user))) == "1"


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


PACKED = {
    "gzip": gzip.compress,
    "x-gzip": lambda body: gzip.compress(body[:50]) + gzip.compress(body[50:]),
    "GZIP, identity": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": raw_deflate,
    "deflate, gzip": lambda body: gzip.compress(zlib.compress(body)),
}


def test_a_packed_body_is_unpacked(subtests, client: FlaskClient, api_user: Resource):
    for coding, pack in PACKED.items():
        with subtests.test(coding=coding):
            answer = post(client, pack(ANY), basic(api_user) | {"Content-Encoding": coding})
            assert return_code(answer) == "1"


def test_another_coding_is_refused_with_the_header_s_name(subtests, client: FlaskClient, api_user: Resource):
    for coding in ["br", "zstd", "compress", "gzip, br", "gzip, gzip, gzip, gzip", "none"]:
        with subtests.test(coding=coding):
            answer = post(client, ANY, basic(api_user) | {"Content-Encoding": coding})
            assert answer.status_code == 415
            assert "Content-Encoding" in answer.text
            assert answer.headers["Accept-Encoding"] == "gzip, deflate"


def test_a_packed_body_has_the_bounds_of_a_plain_one(client: FlaskClient, api_user: Resource):
    bomb = gzip.compress(b" " * 5_000_000)
    for coding, body in {"gzip": bomb, "deflate": zlib.compress(b" " * 5_000_000)}.items():
        assert post(client, body, basic(api_user) | {"Content-Encoding": coding}).status_code == 413
    nested = post(client, gzip.compress(bomb), basic(api_user) | {"Content-Encoding": "gzip, gzip"})
    assert nested.status_code == 413


def test_a_body_that_is_not_what_its_coding_says_is_told(subtests, client: FlaskClient, api_user: Resource):
    for body, said in [
        (ANY, "is not gzip"),
        (gzip.compress(ANY)[:-9], "breaks off"),
        (gzip.compress(ANY) + b"more", "is not gzip"),
        (gzip.compress(b"") * 200, "more behind"),
    ]:
        with subtests.test(body=body, said=said):
            assert said in fault(post(client, body, basic(api_user) | {"Content-Encoding": "gzip"}))[1]
