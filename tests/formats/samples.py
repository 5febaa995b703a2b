"""The reference's sample, each way of sending it, and values that formats find hard to carry."""

from hypothesis import settings
from hypothesis import strategies as st

from portal.core.callouts import GET, POST, XML_RPC_STRINGS, XML_RPC_STRUCT
from portal.core.wire import FIELD_NAMES, Fields, Target

URL = "https://rmm.example/callouts"
METHOD = "MyWebMethod"
ACTION = "http://tempuri.org/MyWebMethod"
NAMESPACE = "http://tempuri.org/"

SAMPLE = Fields(
    id="8176",
    number="T20211120.0001",
    status="New",
    created_datetime="2021-11-20T10:43:34.9030000-05:00",
    last_activity_datetime="2022-03-25T11:23:58.6100000-04:00",
    domain="DEV3.COM",
    udf="MY_UDF_VALUE",
)

# How each is sent: the format's name and its target.
WAYS: dict[str, tuple[str, Target]] = {
    "name value by GET": ("name_value", Target(URL, GET)),
    "name value by POST": ("name_value", Target(URL, POST)),
    "SOAP": ("soap", Target(URL, POST, METHOD, ACTION)),
    "XML-RPC with a struct": ("xml_rpc", Target(URL, POST, METHOD, xml_rpc_parameters=XML_RPC_STRUCT)),
    "XML-RPC with seven strings": ("xml_rpc", Target(URL, POST, METHOD, xml_rpc_parameters=XML_RPC_STRINGS)),
}
XML_WAYS = [way for way, (name, _) in WAYS.items() if name != "name_value"]

HARD_VALUES = {
    "nothing": "",
    "a blank": " ",
    "spaces at both ends": "  In Progress  ",
    "only line ends": "\r\n\n\r",
    "XML's special characters": """<a b="c" d='e'>&amp; & &#65; ]]> </a>""",
    "a CDATA section and a comment": "<![CDATA[x]]><!-- y --><?pi z?>",
    "an entity bomb": '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>&b;',
    "a form's special characters": "a=b&id=9&c+d %41%zz;e#f?g/h\\i",
    "accents and other scripts": "Größe — Привет, 日本語, עברית, हिन्दी, e\u0301",
    "characters beyond 16 bits": "😀 𝄞 \U0010ffff \U0001fffe",
    "tab, line feed and carriage return": "a\tb\nc\rd\r\ne",
    "every control character": "".join(map(chr, range(32))) + "\x7f" + "".join(map(chr, range(0x80, 0xA0))),
    "NUL": "before\x00after",
    "lone surrogates": "a\ud800b\udfffc\udc00\ud83d",
    "noncharacters": "\ufffe\uffff\ufdd0",
    "a byte order mark": "\ufeffx\ufeff",
    "line and paragraph separators": "a\u2028b\u2029c\x85d",
    "the replacement character itself": "\ufffd",
    "a long text": "0123456789 é&<" * 2000,
}

MODEST = settings(max_examples=150, deadline=None, database=None)
# st.text() leaves surrogates out unless asked
any_text = st.text(st.characters(exclude_categories=[]), max_size=40)
any_fields = st.builds(Fields, **dict.fromkeys(FIELD_NAMES, any_text))


def in_xml(text: str) -> tuple[str, int]:
    """What XML 1.0 leaves of a text, by its production [2], and how many characters it costs."""

    def stands(code: int) -> bool:
        return (
            code in {9, 10, 13}
            or 0x20 <= code <= 0xD7FF
            or 0xE000 <= code <= 0xFFFD
            or 0x10000 <= code <= 0x10FFFF
        )

    kept = [each if stands(ord(each)) else "\ufffd" for each in text]
    return "".join(kept), sum(not stands(ord(each)) for each in text)


def in_form(text: str) -> tuple[str, int]:
    """What UTF-8 leaves of a text, and how many characters it costs."""
    lost = [0xD800 <= ord(each) <= 0xDFFF for each in text]
    return "".join("\ufffd" if bad else each for each, bad in zip(text, lost, strict=True)), sum(lost)


def expected(way: str, fields: Fields) -> tuple[dict[str, str], int]:
    """The seven values as a receiver must read them, and the number of replaced characters."""
    carry = in_xml if way in XML_WAYS else in_form
    carried = {name: carry(value) for name, value in fields.pairs()}
    return {name: text for name, (text, _) in carried.items()}, sum(count for _, count in carried.values())
