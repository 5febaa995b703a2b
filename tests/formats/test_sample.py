"""The reference's sample, byte for byte, in each way of sending it."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from lxml import etree

from portal.callouts.formats import FORMATS
from portal.core.callouts import GET, POST, soap_namespace
from portal.core.wire import FIELD_NAMES, Request, Target
from tests.formats.readers import READERS, SOAP_BODY, by_lxml, by_spyne, by_urllib, by_zeep
from tests.formats.samples import ACTION, METHOD, SAMPLE, URL, WAYS, XML_WAYS, expected

FORM = (
    "id=8176&number=T20211120.0001&status=New"
    "&created_datetime=2021-11-20T10:43:34.9030000-05:00"
    "&last_activity_datetime=2022-03-25T11:23:58.6100000-04:00"
    "&domain=DEV3.COM&udf=MY_UDF_VALUE"
)
SOAP = (
    b'<?xml version="1.0" encoding="utf-8"?>'
    b'<soap:Envelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    b' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    b' xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
    b'<soap:Body><MyWebMethod xmlns="http://tempuri.org/">'
    b"<id>8176</id><number>T20211120.0001</number><status>New</status>"
    b"<created_datetime>2021-11-20T10:43:34.9030000-05:00</created_datetime>"
    b"<last_activity_datetime>2022-03-25T11:23:58.6100000-04:00</last_activity_datetime>"
    b"<domain>DEV3.COM</domain><udf>MY_UDF_VALUE</udf>"
    b"</MyWebMethod></soap:Body></soap:Envelope>"
)
STRUCT = (
    b'<?xml version="1.0" encoding="utf-8"?>'
    b"<methodCall><methodName>MyWebMethod</methodName><params><param><value><struct>"
    b"<member><name>id</name><value><string>8176</string></value></member>"
    b"<member><name>number</name><value><string>T20211120.0001</string></value></member>"
    b"<member><name>status</name><value><string>New</string></value></member>"
    b"<member><name>created_datetime</name>"
    b"<value><string>2021-11-20T10:43:34.9030000-05:00</string></value></member>"
    b"<member><name>last_activity_datetime</name>"
    b"<value><string>2022-03-25T11:23:58.6100000-04:00</string></value></member>"
    b"<member><name>domain</name><value><string>DEV3.COM</string></value></member>"
    b"<member><name>udf</name><value><string>MY_UDF_VALUE</string></value></member>"
    b"</struct></value></param></params></methodCall>"
)
STRINGS = (
    b'<?xml version="1.0" encoding="utf-8"?>'
    b"<methodCall><methodName>MyWebMethod</methodName><params>"
    b"<param><value><string>8176</string></value></param>"
    b"<param><value><string>T20211120.0001</string></value></param>"
    b"<param><value><string>New</string></value></param>"
    b"<param><value><string>2021-11-20T10:43:34.9030000-05:00</string></value></param>"
    b"<param><value><string>2022-03-25T11:23:58.6100000-04:00</string></value></param>"
    b"<param><value><string>DEV3.COM</string></value></param>"
    b"<param><value><string>MY_UDF_VALUE</string></value></param>"
    b"</params></methodCall>"
)
FORM_TYPE = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")

REQUESTS = {
    "name value by GET": Request("GET", f"{URL}?{FORM}"),
    "name value by POST": Request("POST", URL, (FORM_TYPE,), FORM.encode()),
    "SOAP": Request(
        "POST",
        URL,
        (("Content-Type", "text/xml; charset=utf-8"), ("SOAPAction", '"http://tempuri.org/MyWebMethod"')),
        SOAP,
    ),
    "XML-RPC with a struct": Request("POST", URL, (("Content-Type", "text/xml"),), STRUCT),
    "XML-RPC with seven strings": Request("POST", URL, (("Content-Type", "text/xml"),), STRINGS),
}


def sent(way: str, fields=SAMPLE, **target: str) -> Request:
    name, where = WAYS[way]
    return FORMATS[name].encode(fields, replace(where, **target))


def test_the_references_sample_is_sent_byte_for_byte(subtests):
    for way in WAYS:
        with subtests.test(way=way):
            assert sent(way) == REQUESTS[way]


def test_every_format_is_tried_by_each_of_its_transports():
    assert {(name, target.transport) for name, target in WAYS.values()} == {
        (name, transport) for name, each in FORMATS.items() for transport in each.transports
    }
    assert WAYS.keys() == REQUESTS.keys() == READERS.keys()


def test_the_seven_values_have_their_names_and_order():
    assert FIELD_NAMES == (
        "id",
        "number",
        "status",
        "created_datetime",
        "last_activity_datetime",
        "domain",
        "udf",
    )


def test_all_seven_values_are_sent_in_order_even_when_they_are_empty(subtests):
    for way in WAYS:
        with subtests.test(way=way):
            empty = replace(SAMPLE, **dict.fromkeys(FIELD_NAMES, ""))
            for read in READERS[way]:
                assert list(read(sent(way, empty)).items()) == [(name, "") for name in FIELD_NAMES]


def test_a_format_knows_its_own_name_and_has_a_label(subtests):
    for name in FORMATS:
        with subtests.test(name=name):
            assert FORMATS[name].name == name
            assert FORMATS[name].label


def test_a_format_that_is_only_posted_leaves_the_url_alone(subtests):
    for way in [way for way, (name, _) in WAYS.items() if FORMATS[name].transports == (POST,)]:
        with subtests.test(way=way):
            url = "https://rmm.example/a?key=1&key=2"
            assert sent(way, url=url).url == url


def test_a_get_keeps_the_query_that_the_url_has(subtests):
    for url, start in [
        ("http://rmm.example", "http://rmm.example?id=8176&"),
        ("http://rmm.example/", "http://rmm.example/?id=8176&"),
        ("http://rmm.example/a?", "http://rmm.example/a?id=8176&"),
        ("http://rmm.example/a?key=1", "http://rmm.example/a?key=1&id=8176&"),
        ("http://rmm.example/a?key=%20x+y&key=2;z", "http://rmm.example/a?key=%20x+y&key=2;z&id=8176&"),
        ("http://rmm.example/a?flag", "http://rmm.example/a?flag&id=8176&"),
        ("http://rmm.example/a?id=1", "http://rmm.example/a?id=1&id=8176&"),
        ("http://rmm.example:8080/ü?x=ß", "http://rmm.example:8080/ü?x=ß&id=8176&"),
        ("HTTP://RMM.example/A;p=1?q", "HTTP://RMM.example/A;p=1?q&id=8176&"),
    ]:
        with subtests.test(url=url, start=start):
            request = sent("name value by GET", url=url)
            assert request.url.startswith(start)
            assert request.url.endswith("&domain=DEV3.COM&udf=MY_UDF_VALUE")
            assert request.body == b""
            assert request.headers == ()


def test_a_status_with_a_space_is_sent_with_its_space():
    in_progress = replace(SAMPLE, status="In Progress")
    assert "&status=In+Progress&" in sent("name value by GET", in_progress).url
    for way in XML_WAYS:
        assert b"In Progress" in sent(way, in_progress).body


@pytest.mark.parametrize(
    ("method", "action", "override", "namespace"),
    [
        # [S]: the literal formula; the slash stays
        (METHOD, ACTION, "", "http://tempuri.org/"),
        (METHOD, "http://tempuri.org/Service/MyWebMethod", "", "http://tempuri.org/Service/"),
        (METHOD, "urn:acme#MyWebMethod", "", "urn:acme#"),
        # every occurrence
        ("Do", "http://Do.example/Do/Do", "", "http://.example//"),
        ("aa", "aaaa/aaa", "", "/a"),
        # an action that does not hold the method is the namespace
        (METHOD, "http://tempuri.org/Other", "", "http://tempuri.org/Other"),
        ("mywebmethod", ACTION, "", ACTION),
        # the action is the method: there is no namespace
        (METHOD, METHOD, "", ""),
        # the override wins
        (METHOD, ACTION, "urn:acme", "urn:acme"),
        (METHOD, METHOD, "urn:acme", "urn:acme"),
        ("", ACTION, "", ACTION),
    ],
)
def test_the_namespace_is_the_action_without_the_method(
    method: str, action: str, override: str, namespace: str
):
    assert soap_namespace(method, action, override) == namespace
    if not method:
        return
    target = {"method_name": method, "soap_action": action, "namespace_override": override}
    request = sent("SOAP", **target)
    call = etree.fromstring(request.body).find(SOAP_BODY)[0]
    tag = f"{{{namespace}}}" if namespace else ""
    assert call.tag == f"{tag}{method}"
    assert [child.tag for child in call] == [f"{tag}{name}" for name in FIELD_NAMES]
    assert dict(request.headers)["SOAPAction"] == f'"{action}"'


def test_a_call_without_a_namespace_declares_none():
    body = sent("SOAP", soap_action=METHOD).body
    assert b"<soap:Body><MyWebMethod><id>8176</id>" in body


def test_a_namespace_with_special_characters_arrives_as_it_is(subtests):
    for namespace in ["urn:a&b", 'urn:"quoted"', "urn:it's", "urn:<b>", "urn:grün", "urn:a\"'b"]:
        with subtests.test(namespace=namespace):
            # by the standard library: lxml takes none but a URI for a namespace
            call = ET.fromstring(sent("SOAP", namespace_override=namespace).body).find(SOAP_BODY)[0]
            assert call.tag == f"{{{namespace}}}{METHOD}"


def test_the_seven_values_arrive_whole_at_each_reader(subtests):
    for way in WAYS:
        with subtests.test(way=way):
            for read in READERS[way]:
                assert read(sent(way)) == expected(way, SAMPLE)[0] == SAMPLE.as_dict()


def test_the_readers_are_several_and_independent():
    assert {by_urllib, by_lxml, by_zeep, by_spyne} <= {
        each for readers in READERS.values() for each in readers
    }


def test_a_struct_is_sent_unless_strings_are_chosen():
    assert Target(URL, POST).xml_rpc_parameters == "struct"
    assert sent("XML-RPC with a struct", xml_rpc_parameters="something new").body == STRUCT


def test_name_value_alone_can_be_sent_by_get():
    assert [name for name, each in FORMATS.items() if GET in each.transports] == ["name_value"]
