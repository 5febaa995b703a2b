"""What the editor of extension callouts refuses, beside which field and in which words."""

import itertools

import pytest
from sqlalchemy import select

from portal.callouts.formats import FORMATS
from portal.core.callouts import TRANSPORTS
from portal.models import Callout, Udf
from portal.models.udf import DATE, LIST, NUMBER, TEXT
from tests.web.reading import beside, form_data, tree_of
from tests.web.test_callouts import (
    FILLED,
    LIST_PAGE,
    NEW,
    SECRET,
    SOAP,
    edit,
    make_callout,
    stored,
)

# extension-callouts.md, section 2: which of Method Name and SOAP Action each format wants, and where it fits
TABLE = {
    "name_value": ({"GET", "POST"}, False, False),
    "soap": ({"POST"}, True, True),
    "xml_rpc": ({"POST"}, True, False),
}


@pytest.fixture
def callout(session) -> Callout:
    return make_callout(session)


# the transport and format table


def required(name: str) -> set[str]:
    return {each.name for each in FORMATS[name].settings if each.required}


def test_each_format_asks_for_what_the_table_says(subtests):
    for name in FORMATS:
        with subtests.test(name=name):
            each = FORMATS[name]
            asked = required(name)
            assert (set(each.transports), "method_name" in asked, "soap_action" in asked) == TABLE[name]


def test_only_the_combinations_of_the_table_are_saved(as_admin, session, subtests):
    all_of_them = itertools.product(TRANSPORTS, FORMATS, ("", "MyWebMethod"), ("", "http://tempuri.org/x"))
    for number, (transport, data_format, method, action) in enumerate(all_of_them):
        entered = {
            "name": f"RMM {number}",
            "transport": transport,
            "data_format": data_format,
            "method_name": method,
            "soap_action": action,
        }
        each = FORMATS[data_format]
        wrong = {
            "data_format": transport not in each.transports,
            "method_name": ("method_name" in required(data_format)) != bool(method),
            "soap_action": ("soap_action" in required(data_format)) != bool(action),
        }
        with subtests.test(**entered):
            answer = as_admin.post(NEW, data=FILLED | entered)
            saved = stored(session, entered["name"])
            if not any(wrong.values()):
                assert answer.location == LIST_PAGE
                assert {name: getattr(saved, name) for name in entered} == entered
                continue
            assert answer.status_code == 422
            assert set(beside(answer)) == {name for name, is_wrong in wrong.items() if is_wrong}
            assert saved is None
            # nothing that was entered is lost
            kept = form_data(answer, "callout-editor")
            assert kept.items() >= {name: [value] for name, value in entered.items()}.items()


def test_a_combination_outside_the_table_is_refused_with_the_reason_and_a_way_out(as_admin):
    answer = as_admin.post(NEW, data=FILLED | {"transport": "GET", "data_format": "xml_rpc"})
    assert beside(answer) == {
        "data_format": "XML-RPC can't be sent by GET, which has no body to carry it. Choose POST, "
        "or the format Name Value Pair.",
        "method_name": "Method Name is required for XML-RPC.",
    }
    answer = as_admin.post(NEW, data=FILLED | {"method_name": "x", "soap_action": "y"})
    assert beside(answer) == {
        "method_name": "Method Name is for SOAP or XML-RPC only: clear this, or choose SOAP or XML-RPC as the Data "
        "Format.",
        "soap_action": "SOAP Action is for SOAP only: clear this, or choose SOAP as the Data Format.",
    }


def test_the_page_tells_its_script_what_each_format_needs(as_admin):
    tree = tree_of(as_admin.get(NEW))
    for name, each in FORMATS.items():
        (option,) = tree.xpath(f'//select[@name="data_format"]/option[@value="{name}"]')
        assert option.get("data-transports") == " ".join(each.transports)
        under = {
            each.get("name"): each.get("data-under") for each in tree.xpath('//*[@data-by="data_format"]')
        }
        assert {field for field in under if name in under[field].split()} == {
            own.name for own in each.settings
        }
    (get,) = tree.xpath('//select[@name="transport"]/option[@value="GET"]')
    assert get.get("data-limit") == "GET carries Name Value Pair only. For SOAP or XML-RPC, choose POST."


# messages beside fields


LONG = "x" * 101
PROBLEMS = [
    ({"name": "  "}, "name", "Name is required."),
    ({"name": LONG}, "name", "at most 100 are kept"),
    ({"name": "two\x85lines"}, "name", "control character"),
    ({"url": ""}, "url", "URL is required"),
    ({"url": "rmm.example/callouts"}, "url", "starts with http:// or https://"),
    ({"url": "ftp://rmm.example/"}, "url", "starts with http:// or https://"),
    ({"url": "https://user:pass@rmm.example/"}, "url", "Take the user name and password out of the URL"),
    ({"url": "https://rmm.example/a b"}, "url", "no spaces"),
    ({"url": "https://rmm.example/#part"}, "url", "never sent"),
    ({"url": "https://rmm.example:99999/"}, "url", "not a URL"),
    ({"url": "https://rmm.example/" + "x" * 1981}, "url", "longer than 2000"),
    ({"username": "a:b"}, "username", "can't hold a colon"),
    ({"username": "u" * 256}, "username", "at most 255"),
    ({"password": SECRET}, "password", "Enter the Username, or clear the password."),
    ({"username": "rmm", "password": "p" * 1001}, "password", "at most 1,000"),
    ({"username": "rmm", "password": "tab\there"}, "password", "control character"),
    ({"transport": "PUT"}, "transport", "Choose one of: GET, POST."),
    ({"data_format": "json"}, "data_format", "Name Value Pair, SOAP, XML-RPC"),
    ({**SOAP, "method_name": "1st"}, "method_name", "start with a letter"),
    ({**SOAP, "method_name": "m" * 256}, "method_name", "at most 255"),
    ({"data_format": "xml_rpc", "method_name": "a b"}, "method_name", "XML-RPC allows letters"),
    ({**SOAP, "soap_action": '"quoted"'}, "soap_action", "Leave the quotes out"),
    ({**SOAP, "soap_action": "http://bücher/"}, "soap_action", "plain ASCII"),
    ({**SOAP, "soap_action": "a" * 501}, "soap_action", "at most 500"),
    ({"namespace_override": "urn:x"}, "namespace_override", "is for SOAP only"),
    ({**SOAP, "namespace_override": "urn:\uffff"}, "namespace_override", "XML can't carry"),
    (
        {"data_format": "xml_rpc", "method_name": "m", "xml_rpc_parameters": "list"},
        "xml_rpc_parameters",
        "Choose one of: One struct",
    ),
    ({"resend_after": "never"}, "resend_after", "Choose one of: Any error"),
    ({"udf": "999"}, "udf", "does not exist or is inactive"),
    ({"udf": "x"}, "udf", "does not exist or is inactive"),
    ({"udf": "9" * 30}, "udf", "does not exist or is inactive"),
]


def test_what_is_wrong_is_said_beside_its_field(as_admin, session, subtests):
    for changes, field, text in PROBLEMS:
        with subtests.test(changes=changes, field=field, text=text):
            answer = as_admin.post(NEW, data=FILLED | changes)
            assert answer.status_code == 422
            assert list(beside(answer)) == [field]
            assert text in beside(answer)[field]
            assert session.scalar(select(Callout.id)) is None


def test_several_problems_are_listed_above_each_leading_to_its_field(as_admin):
    answer = as_admin.post(NEW, data={})
    assert set(beside(answer)) == {"name", "url"}
    links = tree_of(answer).xpath('//*[@id="error-summary"]//a/@href')
    assert links == ["#name", "#url"]


def test_a_name_is_given_once_whatever_its_case(as_admin, session, callout):
    answer = as_admin.post(NEW, data=FILLED | {"name": "  ACME  rmm "})
    assert beside(answer) == {
        "name": "There is already an extension callout named “ACME rmm”. Choose another name."
    }


def test_only_fields_of_type_text_can_be_chosen(as_admin, session):
    session.add_all(Udf(name=kind, type=kind) for kind in (TEXT, NUMBER, DATE, LIST))
    session.commit()
    offered = tree_of(as_admin.get(NEW)).xpath('//select[@name="udf"]/option/text()')
    assert offered == ["All tickets, whatever their fields say", TEXT]
    for other in session.scalars(select(Udf).where(Udf.type != TEXT)).all():
        answer = as_admin.post(NEW, data=FILLED | {"udf": other.id})
        assert "Only Text fields" in beside(answer)["udf"], other.type


def test_an_inactive_field_stays_where_it_is_chosen_and_is_told_as_such(as_admin, session):
    udf = Udf(name="Alert ID", type=TEXT)
    callout = make_callout(session, udf=udf)
    udf.active = False
    session.commit()
    page = as_admin.get(f"/admin/callouts/{callout.id}")
    assert tree_of(page).xpath('//select[@name="udf"]/option[@selected]/text()') == ["Alert ID (inactive)"]
    assert edit(as_admin, callout).status_code == 302
    assert "Alert ID" not in as_admin.get(NEW).text
