"""What answers mean: faults are found in whatever dress they come, and nothing else is called one."""

import sys
from base64 import b64encode
from quopri import encodestring

from hypothesis import given
from hypothesis import strategies as st

from portal.callouts.formats import FORMATS
from portal.callouts.judge import trouble
from portal.core.verdicts import Answered, ErrorKind, Reading
from portal.core.wire import Fault, Target
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


WARNING = "<br />\n<b>Warning</b>:  Undefined variable $id in <b>/srv/rmm.php</b> on line <b>3</b><br />\n"
TARGET = Target("http://rmm.example/", "POST", "Do", "urn:x/Do")
RESPONSE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><DoResponse xmlns="urn:x/">{}'
    "</DoResponse></s:Body></s:Envelope>"
)
PARAMS = "<methodResponse><params><param><value>{}</value></param></params></methodResponse>"


def read(
    name: str, body: bytes, content_type: str = "text/xml", status: int = 200, *, more: bool = False
) -> Reading:
    answer = Answered(status, headers=(("Content-Type", content_type),), body=body, more=more)
    return FORMATS[name].read(answer, TARGET)


def fault_in(name: str, body: bytes, content_type: str = "text/xml") -> Fault | None:
    return read(name, body, content_type).fault


def remarks_in(
    name: str, body: bytes, content_type: str = "text/xml", status: int = 200, *, more: bool = False
) -> list[str]:
    reading = read(name, body, content_type, status, more=more)
    assert reading.fault is None
    return [each.code for each in reading.remarks]


def soap_fault(
    inner: str, opening: str = '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/">'
) -> bytes:
    return f"{opening}<Body><Fault>{inner}</Fault></Body></Envelope>".encode()


def xml_rpc_fault(inner: str) -> bytes:
    return f"<methodResponse><fault>{inner}</fault></methodResponse>".encode()


def test_each_format_is_covered_here():
    assert {*SAMPLES, "name_value"} == FORMATS.keys()


def test_a_fault_is_trouble_under_whatever_status_it_comes(subtests):
    for status in [200, 202, 400, 500, 503]:
        for name, body, said in [
            ("soap", SOAP_1_1, "No such alert"),
            ("soap", SOAP_1_2, "No such alert"),
            ("xml_rpc", XML_RPC, "No such alert (code 4)"),
        ]:
            with subtests.test(status=status, name=name, body=body, said=said):
                answer = Answered(status, body=body.encode())
                found = trouble(answer, fault_in(name, answer.body), "rmm.example")
                assert found is not None
                assert found.kind is ErrorKind.FAULT
                assert found.text.startswith(f"HTTP {status}")
                assert found.text.endswith(f"from rmm.example: the receiver answered with a fault: {said}")


def test_a_soap_fault_is_found_by_its_local_names(subtests):
    for body in [
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
    ]:
        with subtests.test(body=body):
            assert fault_in("soap", body) == Fault("No")


def test_a_soap_fault_without_a_reason_is_still_a_fault(subtests):
    for inner in ["", "<faultstring/>", "<faultstring>  \n </faultstring>", "<Reason/>", "text"]:
        with subtests.test(inner=inner):
            assert fault_in("soap", soap_fault(inner)) == Fault("no reason given")


def test_an_xml_rpc_fault_says_what_it_can(subtests):
    for inner, said in [
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
    ]:
        with subtests.test(inner=inner, said=said):
            assert fault_in("xml_rpc", xml_rpc_fault(inner)) == Fault(said)


def test_an_answer_that_only_mentions_a_fault_is_none(subtests):
    for body in [
        b"",
        b"ok",
        b"Fault",
        b"fault",
        b"<html><body>No Fault, no fault</body></html>",
        b"<!-- Fault fault -->",
        b"<a><Body><Fault/></Body></a>",
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
    ]:
        for name in FORMATS:
            with subtests.test(body=body, name=name):
                assert fault_in(name, body) is None


def test_a_fault_that_stands_where_no_answer_of_a_method_can_is_one(subtests):
    for body in [
        b"<Fault/>",
        b"<fault/>",
        b"<Envelope><Fault/></Envelope>",
        b"<Body><Fault/></Body>",
        b"<methodResponse><params><fault/></params></methodResponse>",
        b"<METHODRESPONSE><FAULT/></METHODRESPONSE>",
    ]:
        for name in XML_FORMATS:
            with subtests.test(body=body, name=name):
                assert fault_in(name, body) == Fault("no reason given")


def test_xml_that_breaks_off_is_a_fault_once_one_has_begun(subtests):
    for name in XML_FORMATS:
        with subtests.test(name=name):
            whole = SAMPLES[name].encode()
            begun = whole.lower().index(b"fault") + len("fault")
            assert [length for length in range(len(whole)) if fault_in(name, whole[:length]) is None] == list(
                range(begun)
            )


def test_a_fault_is_found_in_each_encoding_that_xml_parsers_must_know(subtests):
    for name in XML_FORMATS:
        for encoding in ["utf-8-sig", "utf-16"]:
            with subtests.test(name=name, encoding=encoding):
                text = SAMPLES[name].replace(' encoding="utf-8"', "")
                assert fault_in(name, text.encode(encoding)) == FAULTS[name]


def test_a_fault_in_a_declared_encoding_is_read_in_it(subtests):
    for name in XML_FORMATS:
        with subtests.test(name=name):
            text = (
                SAMPLES[name]
                .replace(' encoding="utf-8"', "")
                .replace('"1.0"', '"1.0" encoding="iso-8859-1"', 1)
            )
            found = fault_in(name, text.replace("alert", "Prüfung").encode("latin-1"))
            assert found is not None
            assert "No such Prüfung" in found.text


def test_blank_lines_before_the_declaration_hide_no_fault(subtests):
    for name in XML_FORMATS:
        with subtests.test(name=name):
            # PHP pages send them when a file of theirs ends with one
            assert fault_in(name, b"\r\n \n" + SAMPLES[name].encode() + b"\n") == FAULTS[name]


def test_an_encoding_that_is_unknown_or_wrong_hides_no_fault(subtests):
    for name in XML_FORMATS:
        for encoding in [
            "klingon",
            "base64",
            "rot13",
            "idna",
            "utf-7",
            "utf-16",
            "utf-32",
            "punycode",
            "hex",
            "x" * 300,
        ]:
            with subtests.test(name=name, encoding=encoding):
                declared = (
                    SAMPLES[name]
                    .replace(' encoding="utf-8"', "")
                    .replace('"1.0"', f'"1.0" encoding="{encoding}"', 1)
                )
                assert fault_in(name, declared.encode(), f"text/xml; charset={encoding}") == FAULTS[name]


HARD_TO_READ = {
    "Latin-1 without a charset": ("Pr\u00fcfung", lambda text: text.encode("latin-1"), "Pr\u00fcfung"),
    "a control character": ("a&#x1;b", str.encode, "a\ufffdb"),
    "bytes that no text has": ("a\x00\x01\x1bb", str.encode, "a\ufffd\ufffdb"),
    "a bare ampersand": ("Smith & Sons", str.encode, "Smith & Sons"),
    "a bare less-than": ("1 < 2", str.encode, "1 < 2"),
    "an entity of HTML": ("a&nbsp;b", str.encode, "a b"),
    "a PHP warning in front": ("No", lambda text: (WARNING + text).encode(), "No"),
    "a PHP warning and no declaration": ("No", lambda text: (WARNING + text.split("?>")[-1]).encode(), "No"),
    "two byte order marks": ("No", lambda text: ("\ufeff\ufeff" + text).encode(), "No"),
    "UTF-16 behind a warning": ("No", lambda text: WARNING.encode() + text.encode("utf-16"), "No"),
    "UTF-16 without a mark": ("Pr\u00fcfung", lambda text: text.encode("utf-16-be"), "Pr\u00fcfung"),
    "a comment after the root": ("No", lambda text: (text + "<!-- 12 ms --" + ">").encode(), "No"),
    "markup after the root": ("No", lambda text: (text + WARNING + "</body></html>").encode(), "No"),
    "a second document": ("No", lambda text: (text + text).encode(), "No"),
    "a DOCTYPE": (
        "No",
        lambda text: (
            '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd" [<!ELEMENT a ANY>]>' + text.split("?>")[1]
        ).encode(),
        "No",
    ),
}


def test_a_fault_is_read_past_what_a_strict_parser_refuses(subtests):
    for name in XML_FORMATS:
        for case, (text, written, said) in HARD_TO_READ.items():
            with subtests.test(name=name, case=case):
                found = fault_in(name, written(SAMPLES[name].replace("No such alert", text)))
                assert found == Fault(FAULTS[name].text.replace("No such alert", said))


def test_an_undeclared_prefix_hides_no_fault():
    undeclared = SOAP_1_1.replace(' xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"', "")
    assert fault_in("soap", undeclared.encode()) == Fault("No such alert")


def test_a_fault_whose_words_can_t_be_read_is_told_with_the_first_line_of_what_came(subtests):
    for name in XML_FORMATS:
        with subtests.test(name=name):
            mangled = f"\r\n  {WARNING}{PARAMS.format('')}<x:Fault <"
            found = fault_in(name, mangled.encode())
            assert found == Fault("<br />", clear=False)
            told = trouble(Answered(200), found, "rmm.example")
            assert told is not None
            assert (
                told.text
                == "HTTP 200 OK from rmm.example: the receiver answered with a fault that can't be read well: <br />"
            )


GOOD = [
    "fine & well",
    "<Fault>none</Fault> &",
    "<!-- <fault> --" + "> &",
    "&lt;fault&gt; &",
    "<![CDATA[<Fault/>]]> &",
]


def test_what_a_method_gave_back_is_no_fault_however_badly_it_is_written(subtests):
    for text in [*GOOD, "<faultCode/> &", "<defaultFault/> &", "Fault &"]:
        for name, answer in [("soap", RESPONSE), ("xml_rpc", PARAMS)]:
            with subtests.test(text=text, name=name, answer=answer):
                assert remarks_in(name, answer.format(text).encode()) == ["body.malformed-xml"]


def test_a_fault_that_ends_an_answer_which_had_begun_is_one(subtests):
    for name in XML_FORMATS:
        with subtests.test(name=name):
            begun = (RESPONSE if name == "soap" else PARAMS).partition("{}")[0]
            assert fault_in(name, (begun + SAMPLES[name]).encode()) == FAULTS[name]


PART = (
    "--X=1; 2\r\nContent-Type: application/xop+xml; charset=utf-8\r\nContent-Transfer-Encoding: {}\r\n"
    "Content-ID: <root@x>\r\n\r\n{}\r\n"
)
ATTACHED = "--X=1; 2\r\nContent-Type: text/xml\r\nContent-ID: <a@x>\r\n\r\n<fault/>\r\n"
MULTIPART = 'multipart/related; type="application/xop+xml"; boundary="X=1; 2"'
PARTS = {
    "the first": ("binary", str, "This is MIME.\r\n{root}{attached}--X=1; 2--\r\n", MULTIPART),
    "the one that start names": ("8bit", str, "{attached}{root}--X=1; 2--", MULTIPART + '; start="<root@x>"'),
    "in Base64": (
        "base64",
        lambda text: b64encode(text.encode()).decode(),
        "{root}{attached}--X=1; 2--",
        MULTIPART,
    ),
    "quoted": (
        "quoted-printable",
        lambda text: encodestring(text.encode()).decode(),
        "{root}--X=1; 2--",
        MULTIPART,
    ),
    "without an end": ("7bit", str, "{root}", MULTIPART),
    "without a boundary in the head": ("7bit", str, "{root}{attached}--X=1; 2--", "multipart/related"),
    "under another label": ("7bit", str, "{root}{attached}--X=1; 2--", "text/xml"),
}


def test_a_multipart_answer_s_root_part_is_read(subtests):
    for name in XML_FORMATS:
        for case, (encoding, encoded, whole, content_type) in PARTS.items():
            with subtests.test(name=name, case=case):
                parts = {"attached": ATTACHED}
                body = whole.format(root=PART.format(encoding, encoded(SAMPLES[name])), **parts)
                assert fault_in(name, body.encode(), content_type) == FAULTS[name]
                good = RESPONSE if name == "soap" else PARAMS
                body = whole.format(root=PART.format(encoding, encoded(good.format("ok"))), **parts)
                assert fault_in(name, body.encode(), content_type) is None


def test_a_fault_that_is_longer_than_what_is_read_is_found(subtests):
    for name in XML_FORMATS:
        with subtests.test(name=name):
            long = SAMPLES[name].replace("No such alert", "No such alert " + "x" * 70_000)[:65_536]
            reading = read(name, long.encode(), more=True)
            assert reading.fault is not None
            late = (RESPONSE if name == "soap" else PARAMS).partition("{}")[0].partition("><")[
                0
            ] + f"><!--{'x' * 40_000}-->"
            assert fault_in(name, (late + SAMPLES[name].partition("><")[2]).encode()) == FAULTS[name]


def test_what_is_odd_about_an_answer_without_a_fault_is_remarked(subtests):
    for name, body, content_type, codes in [
        ("soap", RESPONSE, "text/xml", []),
        ("soap", RESPONSE, "text/html", []),
        ("soap", f'<!DOCTYPE s:Envelope SYSTEM "a.dtd">{RESPONSE}', "text/xml", []),
        ("soap", RESPONSE.replace("urn:x/", "urn:x"), "text/xml", ["body.other-namespace"]),
        ("soap", RESPONSE.replace(' xmlns="urn:x/"', ""), "text/xml", ["body.other-namespace"]),
        ("soap", RESPONSE.replace("DoResponse", "Done"), "text/xml", ["body.no-response"]),
        ("soap", "<Envelope><Body/></Envelope>", "text/xml", ["body.no-response"]),
        ("soap", "<ok/>", "text/xml", ["body.no-response"]),
        ("soap", PARAMS, "text/xml", ["body.no-response"]),
        ("xml_rpc", PARAMS, "text/xml", []),
        ("xml_rpc", "<methodResponse/>", "text/xml", ["body.no-response"]),
        ("xml_rpc", RESPONSE, "text/xml", ["body.no-response"]),
        *((name, "", "text/xml", ["body.no-response"]) for name in ("soap", "xml_rpc")),
        *((name, " \r\n", "text/xml", ["body.no-response"]) for name in ("soap", "xml_rpc")),
        *((name, "ok", "text/plain", ["body.unreadable"]) for name in ("soap", "xml_rpc")),
        *((name, "ok", "text/html", ["body.unreadable"]) for name in ("soap", "xml_rpc")),
        *((name, '{"Fault": 1}', "application/json", ["body.unreadable"]) for name in ("soap", "xml_rpc")),
        *((name, "<r>a & b</r>", "text/xml", ["body.unreadable"]) for name in ("soap", "xml_rpc")),
        *(
            (name, page, label, ["body.html-page"])
            for name in ("soap", "xml_rpc")
            for page in (
                "<!doctype html><title>Sign in</title><p>Hi<br>",
                "<html><body/></html>",
                "<HTML><p>",
            )
            for label in ("text/html; charset=utf-8", "text/xml")
        ),
        *((name, "<p>Sign in<p>", "text/html", ["body.html-page"]) for name in ("soap", "xml_rpc")),
        ("name_value", "<html>", "text/html", []),
    ]:
        with subtests.test(name=name, body=body, content_type=content_type, codes=codes):
            assert remarks_in(name, body.replace("{}", "1").encode(), content_type) == codes


def test_an_answer_that_promises_no_body_needs_none(subtests):
    for name in XML_FORMATS:
        with subtests.test(name=name):
            assert [remarks_in(name, b"", status=status) for status in (202, 204, 205)] == [[], [], []]


def test_an_answer_that_is_longer_than_what_is_read_is_remarked():
    long = RESPONSE.format("x" * 70_000)[:65_536].encode()
    assert remarks_in("soap", long, more=True) == ["body.malformed-xml", "body.not-whole"]


def test_a_namespace_without_its_slash_is_told_with_the_repair():
    # a real .asmx on Mono answered so, and read seven empty values
    answer = Answered(200, body=RESPONSE.replace("urn:x/", "http://tempuri.org/").format("").encode())
    target = Target("http://rmm.example/", "POST", "Do", "http://tempuri.org/Do", "http://tempuri.org")
    (remark,) = FORMATS["soap"].read(answer, target).remarks
    assert remark.text == (
        "The answer's namespace is another than the one sent. The answer's is \u201chttp://tempuri.org/\u201d, and "
        "\u201chttp://tempuri.org\u201d was sent. They differ in the slash at the end. Such a receiver may have "
        "read seven empty values: if it did, enter \u201chttp://tempuri.org/\u201d as Namespace override on the "
        "callout's General tab."
    )


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


def test_dtds_are_read_past_and_expand_nothing(subtests):
    for name in XML_FORMATS:
        for bomb in bombs():
            with subtests.test(name=name, bomb=bomb):
                prologue, rest = (
                    ("", SAMPLES[name])
                    if not SAMPLES[name].startswith("<?")
                    else SAMPLES[name].split("?>", 1)
                )
                body = f"{prologue}?>{bombs()[bomb]}{rest.replace('No such alert', '&e;' * 1000)}".encode()
                found = fault_in(name, body)
                assert found is not None
                assert found.text.startswith("&e;&e;&e;")
                assert len(found.text) < 520


def test_a_huge_text_is_cut_and_folded_into_one_line(subtests):
    for name in XML_FORMATS:
        with subtests.test(name=name):
            found = fault_in(name, SAMPLES[name].replace("No such alert", "ha \n" * 20_000).encode())
            assert found is not None
            assert len(found.text) < 520
            assert found.text.startswith("ha ha ha")
            assert "…" in found.text
            assert "\n" not in found.text


def test_deep_nesting_is_read_without_falling_over(subtests):
    for name in XML_FORMATS:
        with subtests.test(name=name):
            deep = "<a>" * 20_000 + "deep" + "</a>" * 20_000
            found = fault_in(name, SAMPLES[name].replace("No such alert", deep).encode())
            assert found is not None
            assert "deep" in found.text


COSTLY = {
    **{
        each: each * (65_536 // len(each))
        for each in ("&", "<", "<a>", "</a>", "&#1;", "&x;", "<!--", "<![CDATA[", "<?")
    },
    **{
        each: each * (65_536 // len(each))
        for each in ("<!DOCTYPE ", "<!DOCTYPE a [", "<a b='", "<a></b>", "<?xml ")
    },
    **{
        each: each * (65_536 // len(each))
        for each in ("<x:fault", "<fault>", "--X\r\n", "--X\r\nContent-", "\x00", "]]>")
    },
    "many attributes": "<a " + " ".join(f"a{index}=''" for index in range(7000)),
    "many namespaces": "".join(f"<a xmlns:n{index}='u'>" for index in range(3000)),
    "a long name": "<" + "a" * 65_000,
    "many prefixes": "".join(f"<p{index}:a>" for index in range(7000)),
}


def calls_to_read(body: bytes) -> int:
    calls = 0

    def count(_frame: object, event: str, _of: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        read("soap", body, 'multipart/related; boundary="X"')
        read("soap", body)
    finally:
        sys.setprofile(None)
    return calls


def test_no_answer_costs_more_than_its_length(subtests):
    """Calls are counted, and what the parser makes: the same for each byte, whatever the bytes are."""
    for case, text in COSTLY.items():
        with subtests.test(case=case):
            body = (SOAP_1_1.replace("</soap:Fault>", "") + text).encode()[:16_384]
            assert calls_to_read(body) < 20 * len(body)


PIECES = [
    *(each.encode() for each in (SOAP_1_1, SOAP_1_2, XML_RPC, DTD)),
    *(b"<Envelope>", b"<Body>", b"<Fault>", b"</Fault>", b"<fault>", b"<methodResponse>", b"&#0;", b"&x;"),
    *(b'<?xml version="1.0" encoding="', b'"?>', b"utf-16", b"\xff\xfe", b"\xfe\xff", b"]]>", b"\x00"),
]
junk = st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=8).map(b"".join)


@MODEST
@given(st.sampled_from(sorted(FORMATS)), junk | st.binary(max_size=200), st.booleans())
def test_reading_never_raises(name: str, body: bytes, mentions: bool):
    found = fault_in(name, body + b"<!--Fault fault-->" if mentions else body)
    assert found is None or isinstance(found, Fault)


@MODEST
@given(st.sampled_from(XML_FORMATS), st.integers(0, 10_000), st.binary(max_size=4), st.integers(0, 4))
def test_a_damaged_fault_never_raises(name: str, place: int, damage: bytes, lost: int):
    whole = SAMPLES[name].encode()
    place %= len(whole) + 1
    fault_in(name, whole[:place] + damage + whole[place + lost :])


def test_name_value_answers_mean_nothing_but_their_status(subtests):
    for body in [SOAP_1_1, SOAP_1_2, XML_RPC]:
        with subtests.test(body=body):
            assert fault_in("name_value", body.encode()) is None
