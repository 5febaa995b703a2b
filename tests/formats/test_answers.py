"""What answers mean: faults are found in whatever dress they come, and nothing else is called one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.verdicts import Answered, ErrorKind, trouble
from portal.core.wire import Fault
from portal.formats import FORMATS
from tests.formats.samples import MODEST

SOAP_1_1 = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>'
    "<faultcode>soap:Server</faultcode><faultstring>No such alert</faultstring><detail/>"
    "</soap:Fault></soap:Body></soap:Envelope>"
)
SOAP_1_2 = (
    '<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope"><env:Header/><env:Body><env:Fault>'
    "<env:Code><env:Value>env:Receiver</env:Value></env:Code>"
    '<env:Reason><env:Text xml:lang="en">No such alert</env:Text>'
    '<env:Text xml:lang="de">Kein solcher Alarm</env:Text></env:Reason>'
    "</env:Fault></env:Body></env:Envelope>"
)
XML_RPC = (
    '<?xml version="1.0"?><methodResponse><fault><value><struct>'
    "<member><name>faultCode</name><value><int>4</int></value></member>"
    "<member><name>faultString</name><value><string>No such alert</string></value></member>"
    "</struct></value></fault></methodResponse>"
)
DTD = '<!DOCTYPE x [<!ENTITY e "boom">]>'
SAMPLES = {"soap": SOAP_1_1, "xml_rpc": XML_RPC}
FAULTS = {"soap": Fault("No such alert"), "xml_rpc": Fault("No such alert (code 4)")}
# The two XML formats; name value answers mean nothing but their status.
XML_FORMATS = list(SAMPLES)


def soap_fault(
    inner: str, opening: str = '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/">'
) -> bytes:
    return f"{opening}<Body><Fault>{inner}</Fault></Body></Envelope>".encode()


def xml_rpc_fault(inner: str) -> bytes:
    return f"<methodResponse><fault>{inner}</fault></methodResponse>".encode()


def test_each_format_is_covered_here():
    assert {*SAMPLES, "name_value"} == FORMATS.keys()


@pytest.mark.parametrize("status", [200, 202, 400, 500, 503])
@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("soap", SOAP_1_1, "No such alert"),
        ("soap", SOAP_1_2, "No such alert"),
        ("xml_rpc", XML_RPC, "No such alert (code 4)"),
    ],
    ids=["SOAP 1.1", "SOAP 1.2", "XML-RPC"],
)
def test_a_fault_is_trouble_under_whatever_status_it_comes(status: int, name: str, body: str, said: str):
    answer = Answered(status, body=body.encode())
    found = trouble(answer, FORMATS[name].read(answer.body), "rmm.example")
    assert found is not None
    assert found.kind is ErrorKind.FAULT
    assert found.text.startswith(f"HTTP {status}")
    assert found.text.endswith(f"from rmm.example: the receiver answered with a fault: {said}")


@pytest.mark.parametrize(
    "body",
    [
        # no namespace, a foreign one, another prefix, none of the prefixes that one knows
        b"<Envelope><Body><Fault><faultstring>No</faultstring></Fault></Body></Envelope>",
        soap_fault("<faultstring>No</faultstring>", '<Envelope xmlns="urn:other">'),
        soap_fault('<faultstring xmlns="">No</faultstring>'),
        (
            b'<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><ns0:Fault xmlns:ns0="urn:x">'
            b"<faultstring>No</faultstring></ns0:Fault></S:Body></S:Envelope>"
        ),
        soap_fault("<!-- why --><?pi?><faultcode>x</faultcode><faultstring><![CDATA[No]]></faultstring>"),
        soap_fault("<faultstring>\n   No\n</faultstring>"),
        soap_fault("<faultstring><b>N</b>o</faultstring>"),
        soap_fault("<faultstring>&#78;&#x6f;</faultstring>"),
        soap_fault("<Reason><Text>No</Text></Reason>"),
    ],
)
def test_a_soap_fault_is_found_by_its_local_names(body: bytes):
    assert FORMATS["soap"].read(body) == Fault("No")


@pytest.mark.parametrize(
    "inner", ["", "<faultstring/>", "<faultstring>  \n </faultstring>", "<Reason/>", "text"]
)
def test_a_soap_fault_without_a_reason_is_still_a_fault(inner: str):
    assert FORMATS["soap"].read(soap_fault(inner)) == Fault("no reason given")


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ("", "no reason given"),
        ("<value/>", "no reason given"),
        ("<value><string>No</string></value>", "no reason given"),
        ("<value><struct/></value>", "no reason given"),
        ("<value><struct><member/></struct></value>", "no reason given"),
        ("<value><struct><member><name>faultString</name></member></struct></value>", "no reason given"),
        (
            "<value><struct><member><name>faultString</name><value>No</value></member></struct></value>",
            "No",
        ),
        (
            (
                "<value><struct><member><name> faultString </name><value>\n <string>No </string>\n</value></member>"
                "<member><name>faultCode</name><value>\n <int>7</int>\n</value></member></struct></value>"
            ),
            "No (code 7)",
        ),
        (
            (
                "<value><struct><member><name>faultCode</name><value><i4>-32601</i4></value></member>"
                "</struct></value>"
            ),
            "no reason given (code -32601)",
        ),
        (
            (
                "<value><struct><member><name>faultCode</name><value>\n <int/> </value></member>"
                "<member><name>faultString</name><value>No</value></member></struct></value>"
            ),
            "No",
        ),
    ],
)
def test_an_xml_rpc_fault_says_what_it_can(inner: str, said: str):
    assert FORMATS["xml_rpc"].read(xml_rpc_fault(inner)) == Fault(said)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"ok",
        b"Fault",
        b"fault",
        b"<html><body>No Fault, no fault</body></html>",
        b"<Fault/>",
        b"<fault/>",
        b"<!-- Fault fault -->",
        b"<a><Body><Fault/></Body></a>",
        b"<Envelope><Fault/></Envelope>",
        b"<Envelope><Header><Fault/></Header><Body>Fault</Body></Envelope>",
        b"<Envelope><Body><Answer><Fault>none</Fault></Answer></Body></Envelope>",
        b"<Envelope><Body><NoFault/><FaultCount>0</FaultCount></Body></Envelope>",
        b"<Envelope/>",
        b"<methodResponse><params><param><value>no fault</value></param></params></methodResponse>",
        (
            b"<methodResponse><params><param><value><struct><member><name>fault</name><value/></member></struct>"
            b"</value></param></params></methodResponse>"
        ),
        b"<methodCall><fault/></methodCall>",
        b"<methodResponse><faults/></methodResponse>",
        b'{"fault": true, "Fault": 1}',
        b"\x00\xff\xfeFault\x00fault",
    ],
)
@pytest.mark.parametrize("name", FORMATS)
def test_an_answer_that_only_mentions_a_fault_is_none(name: str, body: bytes):
    assert FORMATS[name].read(body) is None


@pytest.mark.parametrize("name", XML_FORMATS)
def test_xml_that_breaks_off_is_no_fault(name: str):
    whole = SAMPLES[name].encode()
    assert all(FORMATS[name].read(whole[:length]) is None for length in range(len(whole)))
    assert FORMATS[name].read(whole) == FAULTS[name]


@pytest.mark.parametrize("name", XML_FORMATS)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_fault_is_found_in_each_encoding_that_xml_parsers_must_know(name: str, encoding: str):
    text = SAMPLES[name].replace(' encoding="utf-8"', "")
    assert FORMATS[name].read(text.encode(encoding)) == FAULTS[name]


@pytest.mark.parametrize("name", XML_FORMATS)
def test_a_fault_in_a_declared_encoding_is_read_in_it(name: str):
    text = SAMPLES[name].replace(' encoding="utf-8"', "").replace('"1.0"', '"1.0" encoding="iso-8859-1"', 1)
    found = FORMATS[name].read(text.replace("alert", "Prüfung").encode("latin-1"))
    assert found is not None
    assert "No such Prüfung" in found.text


@pytest.mark.parametrize("name", XML_FORMATS)
def test_blank_lines_before_the_declaration_hide_no_fault(name: str):
    # PHP pages send them when a file of theirs ends with one
    assert FORMATS[name].read(b"\r\n \n" + SAMPLES[name].encode() + b"\n") == FAULTS[name]


@pytest.mark.parametrize("name", XML_FORMATS)
@pytest.mark.parametrize(
    "encoding", ["klingon", "base64", "rot13", "idna", "utf-7", "utf-32", "punycode", "hex", "x" * 300]
)
def test_an_encoding_that_is_unknown_or_none_is_no_fault(name: str, encoding: str):
    declared = (
        SAMPLES[name].replace(' encoding="utf-8"', "").replace('"1.0"', f'"1.0" encoding="{encoding}"', 1)
    )
    assert FORMATS[name].read(declared.encode()) is None


@pytest.mark.parametrize("name", XML_FORMATS)
def test_bytes_that_are_not_in_the_declared_encoding_are_no_fault(name: str):
    assert FORMATS[name].read(SAMPLES[name].encode().replace(b"alert", b"\xff\xfe\xc3")) is None


def bombs() -> dict[str, str]:
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    return {
        "a DTD": DTD,
        "a DTD that is nowhere": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
        "an external entity": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        "a parameter entity": '<!DOCTYPE x [<!ENTITY % e SYSTEM "file:///etc/passwd"> %e;]>',
        # what would be read if a DTD were
        "an entity that harms nobody": '<!DOCTYPE x [<!ENTITY e "ha">]>',
        "a billion laughs": f'<!DOCTYPE x [<!ENTITY l0 "lol">{laughs}<!ENTITY e "&l9;">]>',
        "quadratic blow-up": f'<!DOCTYPE x [<!ENTITY e "{"A" * 30_000}">]>',
    }


@pytest.mark.parametrize("name", XML_FORMATS)
@pytest.mark.parametrize("bomb", bombs())
def test_dtds_and_entity_bombs_are_refused(name: str, bomb: str):
    prologue, rest = (
        ("", SAMPLES[name]) if not SAMPLES[name].startswith("<?") else SAMPLES[name].split("?>", 1)
    )
    body = f"{prologue}?>{bombs()[bomb]}{rest.replace('No such alert', '&e;' * 1000)}".encode()
    assert FORMATS[name].read(body) is None


@pytest.mark.parametrize("name", XML_FORMATS)
def test_a_huge_text_is_cut_and_folded_into_one_line(name: str):
    found = FORMATS[name].read(SAMPLES[name].replace("No such alert", "ha \n" * 20_000).encode())
    assert found is not None
    assert len(found.text) < 520
    assert found.text.startswith("ha ha ha")
    assert "…" in found.text
    assert "\n" not in found.text


@pytest.mark.parametrize("name", XML_FORMATS)
def test_deep_nesting_is_read_without_falling_over(name: str):
    deep = "<a>" * 20_000 + "deep" + "</a>" * 20_000
    found = FORMATS[name].read(SAMPLES[name].replace("No such alert", deep).encode())
    assert found is not None
    assert "deep" in found.text


@pytest.mark.parametrize("name", FORMATS)
def test_reading_never_raises(name: str):
    pieces = [
        *(each.encode() for each in (SOAP_1_1, SOAP_1_2, XML_RPC, DTD)),
        *(
            b"<Envelope>",
            b"<Body>",
            b"<Fault>",
            b"</Fault>",
            b"<fault>",
            b"<methodResponse>",
            b"&#0;",
            b"&x;",
        ),
        *(b'<?xml version="1.0" encoding="', b'"?>', b"utf-16", b"\xff\xfe", b"\xfe\xff", b"]]>", b"\x00"),
    ]
    junk = st.lists(st.sampled_from(pieces) | st.binary(max_size=20), max_size=8).map(b"".join)

    @MODEST
    @given(junk | st.binary(max_size=200), st.booleans())
    def each(body: bytes, mentions: bool) -> None:
        found = FORMATS[name].read(body + b"<!--Fault fault-->" if mentions else body)
        assert found is None or isinstance(found, Fault)

    each()


@pytest.mark.parametrize("name", XML_FORMATS)
def test_a_damaged_fault_never_raises(name: str):
    whole = SAMPLES[name].encode()

    @MODEST
    @given(st.integers(0, len(whole)), st.binary(max_size=4), st.integers(0, 4))
    def each(place: int, junk: bytes, lost: int) -> None:
        FORMATS[name].read(whole[:place] + junk + whole[place + lost :])

    each()


@pytest.mark.parametrize("body", [SOAP_1_1, SOAP_1_2, XML_RPC])
def test_name_value_answers_mean_nothing_but_their_status(body: str):
    assert FORMATS["name_value"].read(body.encode()) is None
