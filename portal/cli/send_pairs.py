"""The pairs of transport method and data format that `portal send` knows, and the values that it sends by them."""

from dataclasses import dataclass, replace

from portal.core.callouts import GET, POST, XML_RPC_STRINGS, XML_RPC_STRUCT
from portal.core.wire import Fields

USUAL_PAIR = "name-value-post"
MOST_ATTEMPTS = 1_000_000
USUAL = Fields(
    id="8176",
    number="T20211120.0001",
    status="Complete",
    created_datetime="2021-11-20T10:43:34.9030000-05:00",
    last_activity_datetime="2022-03-25T11:23:58.6100000-04:00",
    domain="DEV3.COM",
    udf="MY_UDF_VALUE",
)
# what `--matrix` sends by each pair: values that are hard to carry
SETS: dict[str, Fields] = {
    "usual values": USUAL,
    "a status of two words": replace(USUAL, status="In Progress"),
    "an empty UDF": replace(USUAL, udf=""),
    "spaces at both ends": replace(USUAL, udf="  two  spaces  "),
    "markup": replace(USUAL, udf="""<a b="c" d='e'>&amp; & ]]> <!-- x -->"""),
    "form characters": replace(USUAL, udf="a=b&id=9&c+d %41%zz;e#f?g/h\\i"),
    "accents and other scripts": replace(USUAL, udf="Größe — Привет, 日本語, עברית, e\u0301"),
    "beyond 16 bits": replace(USUAL, udf="😀 𝄞"),
    "line breaks and a tab": replace(USUAL, udf="one\ttwo\nthree\r\nfour"),
    "a control character": replace(USUAL, udf="before\x0bafter"),
    "a long UDF": replace(USUAL, udf="0123456789 é&<" * 100),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """A transport method with a data format. ``label`` is in the words of the callout's editor."""

    name: str
    label: str
    transport: str
    data_format: str
    parameters: str = XML_RPC_STRUCT
    sent_by_portal: bool = True


PAIRS: dict[str, Pair] = {
    each.name: each
    for each in (
        Pair("name-value-get", "GET, Name Value Pair", GET, "name_value"),
        Pair("name-value-post", "POST, Name Value Pair", POST, "name_value"),
        Pair("soap", "POST, SOAP", POST, "soap"),
        Pair("soap-1.2", "POST, SOAP 1.2", POST, "soap_1_2", sent_by_portal=False),
        Pair("xml-rpc", "POST, XML-RPC, one struct", POST, "xml_rpc"),
        Pair("xml-rpc-positional", "POST, XML-RPC, seven strings", POST, "xml_rpc", XML_RPC_STRINGS),
    )
}
