"""Name value pairs: in the query string of a GET, or in the form of a POST. And their contracts."""

from dataclasses import replace
from urllib.parse import parse_qsl

from mock_rmm.callout import FIELDS, Callout
from mock_rmm.endpoints.endpoint import TEXT, Act, Answer, Arrival, Reading, missing, problem_of, wrong_type
from mock_rmm.endpoints.receiver import KINDS, Contract
from mock_rmm.endpoints.xml_guard import codec_of

MOST_PAIRS = 1000
MOST_ESCAPES = 50_000
FORM = "application/x-www-form-urlencoded"
CHARSETS = {"utf-8", "ascii", "iso8859-1", "cp1252", "iso8859-15"}


class _NameValue:
    def answer(self, reading: Reading, act: Act) -> Answer:
        sentence = act(Callout.of(reading.fields))
        return Answer(200, sentence.encode() + b"\n", TEXT)

    def refuse(self, reading: Reading) -> Answer:
        return Answer(400, reading.problem.encode() + b"\n", TEXT)

    def fault(self, reading: Reading, message: str, status: int) -> Answer:  # noqa: ARG002 (an Endpoint's signature)
        return Answer(status, message.encode() + b"\n", TEXT)

    def wsdl(self, _contract: Contract, _address: str) -> None:
        return None


class NameValueGet(_NameValue):
    kind = KINDS["name-value-get"]

    def charset(self, arrival: Arrival) -> str:
        del arrival  # a Content-Type is about the body
        return "utf-8"

    def read(self, arrival: Arrival) -> Reading:
        return _pairs(arrival.query, self.charset(arrival))


class NameValuePost(_NameValue):
    kind = KINDS["name-value-post"]

    def charset(self, arrival: Arrival) -> str:
        return arrival.charset or "utf-8"

    def read(self, arrival: Arrival) -> Reading:
        if not arrival.body:
            return Reading(problem="The request has no body: send the seven values as a form.")
        if arrival.content_type.lower() not in {"", FORM}:
            return Reading(problem=f"The Content-Type is {arrival.content_type!a}: a form's is {FORM}.")
        charset = known_charset(self.charset(arrival))
        if not charset:
            return Reading(problem=f"The charset {arrival.charset[:40]!a} isn't known here: send UTF-8.")
        try:
            text = arrival.body.decode(charset)
        except UnicodeDecodeError:
            return Reading(problem=f"The body doesn't decode as {charset}: percent-encode it as UTF-8.")
        return _pairs(text, charset)


def read_pairs(text: str, charset: str = "utf-8", errors: str = "strict") -> list[tuple[str, str]] | str:
    """The pairs, or why they can't be read."""
    # Each costs as much as a hundred letters
    if text.count("%") > MOST_ESCAPES:
        return f"There are more than {MOST_ESCAPES:,} percent-encoded bytes: no callout is that long."
    try:
        return parse_qsl(
            text, keep_blank_values=True, encoding=charset, errors=errors, max_num_fields=MOST_PAIRS
        )
    except UnicodeDecodeError:
        return "A percent-encoded value doesn't decode as UTF-8: encode the values as UTF-8."
    except ValueError:
        return f"There are more than {MOST_PAIRS} pairs; a callout has seven."


def _pairs(text: str, charset: str) -> Reading:
    pairs = read_pairs(text, charset)
    if isinstance(pairs, str):
        return Reading(problem=pairs)
    fields = {name: value for name, value in pairs if name in FIELDS}
    return Reading(fields=fields, problem=problem_of(fields))


def known_charset(name: str) -> str:
    """The codec's own name, or nothing for one that isn't taken: some codecs are slow, and some aren't text."""
    known = codec_of(name)
    return known if known in CHARSETS else ""


def hold_query(reading: Reading, _arrival: Arrival, contract: Contract) -> Reading:
    return reading if reading.problem else replace(reading, problem=missing(reading.fields, contract))


def hold_form(reading: Reading, arrival: Arrival, contract: Contract) -> Reading:
    if arrival.content_type.lower() != FORM:
        return wrong_type(reading, arrival, f"send {FORM}")
    return hold_query(reading, arrival, contract)
