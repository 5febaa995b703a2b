"""Extension callouts: the list, the editor by form post (as without JavaScript), switching and deleting."""

import itertools
from dataclasses import replace

import pytest
from sqlalchemy import select

from portal.callouts.formats import FORMATS
from portal.clock import now
from portal.core.addresses import Allowed
from portal.core.callouts import TRANSPORTS
from portal.db.services import services
from portal.desk.rule_checks import ActionValues, RuleValues
from portal.desk.rules import save_rule
from portal.models import Callout, Delivery, Resource, Udf
from portal.models.people import SERVICE_DESK
from portal.models.udf import DATE, LIST, NUMBER, TEXT
from tests.conftest import make_resource, make_ticket, sign_in
from tests.web.reading import beside, form_data, message, row_menu, rows, said, summary, tree_of

LIST_PAGE = "/admin/callouts/"
NEW = "/admin/callouts/new"
SECRET = "p4ss-w0rd-of-rmm"
FILLED = {
    "name": "Acme RMM",
    "active": "y",
    "url": "https://rmm.example/callouts",
    "transport": "POST",
    "data_format": "name_value",
    "xml_rpc_parameters": "struct",
    "resend_after": "any",
}
SOAP = {
    "data_format": "soap",
    "method_name": "MyWebMethod",
    "soap_action": "http://tempuri.org/MyWebMethod",
}
# extension-callouts.md, section 2: which of Method Name and SOAP Action each format wants, and where it fits
TABLE = {
    "name_value": ({"GET", "POST"}, False, False),
    "soap": ({"POST"}, True, True),
    "xml_rpc": ({"POST"}, True, False),
}


@pytest.fixture
def callout(session) -> Callout:
    return make_callout(session)


def make_callout(session, name="Acme RMM", **values) -> Callout:
    row = Callout(
        **{"name": name, "url": "https://rmm.example/callouts", "updated_at": now()}
        | {"username": "rmm", "password_encrypted": services().credentials.encrypt(SECRET)}
        | values
    )
    session.add(row)
    session.commit()
    return row


def make_rule(session, callout: Callout, name: str, **values):
    entered = RuleValues(
        name,
        events=(("created", "anyone"), ("edited", "anyone")),
        actions=(ActionValues("execute_callout", callout.id),),
        **values,
    )
    rule = save_rule(session(), None, entered, now=now())
    session.commit()
    return rule


def stored(session, name="Acme RMM") -> Callout | None:
    session.rollback()
    return session.scalar(select(Callout).filter_by(name=name))


def edit(client, callout: Callout, **changes):
    """Open the editor, change some fields, and save."""
    path = f"/admin/callouts/{callout.id}"
    data = form_data(client.get(path), "callout-editor")
    return client.post(path, data=data | changes)


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


# what is saved


def test_the_defaults_are_those_of_real_receivers(as_admin):
    data = form_data(as_admin.get(NEW), "callout-editor")
    assert data["active"] == ["y"]
    assert data["transport"] == ["POST"]
    assert data["data_format"] == ["name_value"]
    assert data["xml_rpc_parameters"] == ["struct"]
    assert data["resend_after"] == ["any"]
    assert "only_on_failure" not in data


def test_everything_that_is_entered_is_saved_and_shown_again(as_admin, session, admin):
    udf = Udf(name="Alert ID", type=TEXT)
    session.add(udf)
    session.commit()
    entered = {
        **FILLED,
        **SOAP,
        "url": "https://bücher.example/röhre?key=ä&x=%20",
        "username": "rmm ü",
        "udf": str(udf.id),
        "namespace_override": "urn:acme:x",
        "resend_after": "passing",
        "only_on_failure": "y",
        "recipients": f"{admin.id}:1",
    }
    answer = as_admin.post(NEW, data=entered | {"password": SECRET})
    assert answer.location == LIST_PAGE
    page = as_admin.get(f"/admin/callouts/{stored(session).id}")
    data = form_data(page, "callout-editor")
    assert {name: data[name] for name in entered if name != "xml_rpc_parameters"} == {
        name: [value] for name, value in entered.items() if name != "xml_rpc_parameters"
    }


def test_saving_an_opened_editor_unchanged_changes_nothing(as_admin, session, callout, admin):
    before = {c.key: getattr(callout, c.key) for c in Callout.__table__.columns if c.key != "updated_at"}
    assert edit(as_admin, callout).status_code == 302
    saved = stored(session)
    assert {name: getattr(saved, name) for name in before} == before


def test_a_url_of_2000_characters_is_saved_and_shown_short_in_the_list(as_admin, session):
    url = "https://rmm.example/" + "x" * 1980
    as_admin.post(NEW, data=FILLED | {"url": url})
    assert stored(session).url == url
    tree = tree_of(as_admin.get(LIST_PAGE))
    (cut,) = tree.xpath('//td[@data-label="URL"]//*[contains(@class, "url-short")]/text()')
    assert len(cut) < 60
    assert tree.xpath(f'//*[contains(@class, "url-cut") and @title="{url}"]')


def test_a_renamed_callout_keeps_its_rules_and_its_password(as_admin, session, callout):
    make_rule(session, callout, "Tell Acme")
    assert edit(as_admin, callout, name="Acme 2").status_code == 302
    saved = stored(session, "Acme 2")
    assert services().credentials.decrypt(saved.password_encrypted) == SECRET
    assert rows(as_admin.get(LIST_PAGE)) == [
        ["Acme 2", "https://rmm.example/callouts", "1", "Active", "Edit Pause Inactivate Delete…"]
    ]


def test_save_and_new_opens_the_next_one(as_admin, session):
    answer = as_admin.post(NEW, data=FILLED | {"then": "new"})
    assert answer.location == NEW
    page = as_admin.get(NEW)
    assert "“Acme RMM” was saved." in message(page)
    assert form_data(page, "callout-editor")["name"] == [""]


def test_saving_one_that_no_rule_executes_says_that_it_never_fires(as_admin):
    as_admin.post(NEW, data=FILLED)
    assert "it will never fire" in message(as_admin.get(LIST_PAGE))


def test_a_second_press_of_save_makes_no_second_callout(as_admin, session):
    as_admin.post(NEW, data=FILLED)
    assert as_admin.post(NEW, data=FILLED).status_code == 422
    assert len(session.scalars(select(Callout)).all()) == 1


def test_whoever_saves_second_is_told_once_and_loses_nothing(as_admin, session, callout):
    path = f"/admin/callouts/{callout.id}"
    mine = form_data(as_admin.get(path), "callout-editor") | {"name": ["Mine"]}
    assert edit(as_admin, callout, url="https://rmm.example/theirs").status_code == 302
    answer = as_admin.post(path, data=mine)
    assert answer.status_code == 422
    assert "changed in another tab or by somebody else" in summary(answer)
    assert stored(session).url == "https://rmm.example/theirs"
    again = form_data(answer, "callout-editor")
    assert again["name"] == ["Mine"]
    assert as_admin.post(path, data=again).status_code == 302
    # a field that I left as the page showed it is no edit of mine
    assert stored(session, "Mine").url == "https://rmm.example/theirs"


# the namespace


def test_the_namespace_that_results_is_shown(as_admin, subtests):
    for entered, namespace, state in [
        ({"data_format": "name_value"}, "", "none"),
        ({**SOAP, "soap_action": ""}, "", "unknown"),
        (SOAP, "http://tempuri.org/", "result"),
        ({**SOAP, "soap_action": "urn:Other"}, "urn:Other", "whole"),
        ({**SOAP, "soap_action": "MyWebMethod"}, "", "empty"),
        ({**SOAP, "namespace_override": "urn:acme"}, "urn:acme", "override"),
        ({**SOAP, "method_name": "x", "soap_action": "axbxc"}, "abc", "result"),
    ]:
        with subtests.test(entered=entered, namespace=namespace, state=state):
            answer = as_admin.post(NEW, data=FILLED | entered | {"name": ""})
            tree = tree_of(answer)
            assert tree.get_element_by_id("namespace-text").text_content() == namespace
            shown = tree.xpath('//*[@id="namespace"]/p[not(@hidden)]/@data-for-state')
            assert shown == [state]


# the password


def test_a_password_is_stored_encrypted_and_never_rendered(as_admin, session):
    as_admin.post(NEW, data=FILLED | {"username": "rmm", "password": SECRET})
    saved = stored(session)
    assert services().credentials.decrypt(saved.password_encrypted) == SECRET
    page = as_admin.get(f"/admin/callouts/{saved.id}")
    assert "A password is stored, encrypted." in said(page)
    refused = edit(as_admin, saved, name="", password=SECRET, password_action="replace")
    assert refused.status_code == 422
    assert "Type the password again" in beside(refused)["password"]
    for answer in (page, refused, as_admin.get(LIST_PAGE)):
        assert SECRET not in answer.text
        assert saved.password_encrypted not in answer.text


def test_a_stored_password_is_kept_replaced_or_removed(as_admin, session, callout):
    edit(as_admin, callout)
    assert services().credentials.decrypt(stored(session).password_encrypted) == SECRET
    edit(as_admin, callout, password_action="replace", password="another")
    assert services().credentials.decrypt(stored(session).password_encrypted) == "another"
    edit(as_admin, callout, password_action="remove")
    assert stored(session).password_encrypted is None


def test_keep_keeps_the_password_whatever_a_browser_has_filled_in(as_admin, session, callout):
    edit(as_admin, callout, password_action="keep", password="filled in", only_on_failure="y")
    assert services().credentials.decrypt(stored(session).password_encrypted) == SECRET
    assert stored(session).only_on_failure
    assert "password that stood in its field was not taken" in message(as_admin.get(LIST_PAGE))


def test_replacing_by_nothing_is_refused(as_admin, session, callout):
    answer = edit(as_admin, callout, password_action="replace")
    assert "Type the new password" in beside(answer)["password"]


def test_a_stored_password_does_not_follow_to_another_receiver(as_admin, session, callout):
    url = "https://rmm.example.evil.example/callouts"
    for other in ("https://evil.example/", "http://rmm.example/", "https://rmm.example:8443/", url):
        answer = edit(as_admin, callout, url=other)
        assert answer.status_code == 422
        assert "was entered for https://rmm.example:443" in beside(answer)["password"], other
    assert stored(session).url == "https://rmm.example/callouts"
    assert edit(as_admin, callout, url=url, password="anew", password_action="replace").status_code == 302
    assert services().credentials.decrypt(stored(session).password_encrypted) == "anew"


def test_a_stored_password_does_not_follow_to_another_user_name(as_admin, session, callout):
    answer = edit(as_admin, callout, username="someone")
    assert "another user name" in beside(answer)["password"]
    answer = edit(as_admin, callout, username="")
    assert "no Username to send it with" in beside(answer)["password"]
    assert edit(as_admin, callout, username="someone", password_action="remove").status_code == 302
    assert stored(session).password_encrypted is None


def test_another_path_on_the_same_receiver_keeps_the_password(as_admin, session, callout):
    assert edit(as_admin, callout, url="HTTPS://RMM.example:443/other?x=1").status_code == 302
    assert services().credentials.decrypt(stored(session).password_encrypted) == SECRET


# the list


def test_the_list_is_sorted_by_name_and_has_the_columns_of_the_original(as_admin, session):
    for name in ("beta", "Alpha", "Gamma"):
        make_callout(session, name)
    page = as_admin.get(LIST_PAGE)
    tree = tree_of(page)
    assert tree.findtext(".//h1") == "Extension Callouts (Tickets)"
    heads = [each.text_content().strip() for each in tree.xpath("//thead//th")]
    assert heads == ["Name", "URL", "Associated Workflow Rules", "Active", "Menu"]
    assert [row[0] for row in rows(page)] == ["Alpha", "beta", "Gamma"]
    assert tree.xpath('//*[contains(@class, "page-actions")]/a/@href') == [NEW]


def test_the_number_of_rules_leads_to_their_tab(as_admin, session, callout):
    make_rule(session, callout, "One")
    make_rule(session, callout, "Two", active=False)
    tree = tree_of(as_admin.get(LIST_PAGE))
    (number,) = tree.xpath('//td[@data-label="Associated Workflow Rules"]/a')
    assert number.text == "2"
    page = as_admin.get(number.get("href"))
    assert tree_of(page).xpath('//*[contains(@class, "tab-pane active")]/@id') == ["rules"]


def test_an_empty_list_says_what_belongs_there(as_admin):
    assert "No extension callouts yet" in said(as_admin.get(LIST_PAGE))


def test_a_row_offers_what_can_be_done(as_admin, session, callout):
    menu = row_menu(as_admin.get(LIST_PAGE), "Acme RMM")
    assert list(menu) == ["Edit", "Pause", "Inactivate", "Delete…"]
    as_admin.post(menu["Inactivate"])
    page = as_admin.get(LIST_PAGE)
    assert "“Acme RMM” is inactive: it is never sent." in message(page)
    menu = row_menu(page, "Acme RMM")
    assert list(menu) == ["Edit", "Activate", "Delete…"]
    as_admin.post(menu["Activate"])
    assert rows(as_admin.get(LIST_PAGE))[0][3] == "Active"


# the other two tabs


def test_the_rules_tab_names_the_rules_and_whether_each_is_active(as_admin, session, callout):
    make_rule(session, callout, "One")
    second = make_rule(session, callout, "Two", active=False)
    tree = tree_of(as_admin.get(f"/admin/callouts/{callout.id}"))
    (pane,) = tree.xpath('//*[@id="rules"]')
    listed = [
        [" ".join(c.text_content().split()) for c in row]
        for row in pane.xpath(".//tbody/tr")
        for row in [row]
    ]
    assert listed == [["One", "Active"], ["Two", "Inactive"]]
    assert f"/admin/rules/{second.id}" in pane.xpath(".//tbody//a/@href")
    assert not pane.xpath(".//input|.//select")


def test_the_rules_tab_of_a_callout_without_rules_leads_to_one(as_admin, session, callout):
    tree = tree_of(as_admin.get(f"/admin/callouts/{callout.id}"))
    (pane,) = tree.xpath('//*[@id="rules"]')
    assert "This callout will never fire" in pane.text_content()
    (link,) = pane.xpath('.//a[contains(@href, "rules/new")]/@href')
    page = as_admin.get(link)
    assert form_data(page, "rule-editor")["actions-0-callout"] == [str(callout.id)]


def test_recipients_are_ticked_by_address_and_can_be_unticked(as_admin, session, callout):
    people = make_resource(session, SERVICE_DESK, email1="a@x.example", email3="c@x.example")
    ticks = [f"{people.id}:1", f"{people.id}:3"]
    edit(as_admin, callout, recipients=ticks)
    assert {(each.resource_id, each.slot) for each in stored(session).recipients} == {
        (people.id, 1),
        (people.id, 3),
    }
    page = as_admin.get(f"/admin/callouts/{callout.id}")
    assert form_data(page, "callout-editor")["recipients"] == ticks
    edit(as_admin, callout, recipients=ticks[1:])
    assert [(each.resource_id, each.slot) for each in stored(session).recipients] == [(people.id, 3)]
    edit(as_admin, callout, recipients=[])
    assert stored(session).recipients == []


def test_an_address_that_does_not_exist_is_refused_on_its_tab(
    as_admin, session, callout, technician, subtests
):
    for tick in ["{id}:2", "{id}:4", "{id}", "x:y", "999:1", "-1:1"]:
        with subtests.test(tick=tick):
            answer = edit(as_admin, callout, recipients=tick.format(id=technician.id))
            assert answer.status_code == 422
            assert "does not exist any more" in summary(answer)
            tree = tree_of(answer)
            assert tree.xpath('//*[contains(@class, "tab-pane active")]/@id') == ["notification"]
            assert "has an error" in tree.get_element_by_id("tab-notification").text_content()
            assert "has an error" not in tree.get_element_by_id("tab-general").text_content()
            assert tree.get_element_by_id("recipients-error") is not None


def test_an_inactive_resource_stays_ticked_and_is_not_offered_anew(as_admin, session, callout, technician):
    edit(as_admin, callout, recipients=f"{technician.id}:1")
    session.get(Resource, technician.id).active = False
    session.commit()
    page = as_admin.get(f"/admin/callouts/{callout.id}")
    assert f"{technician.name} (inactive)" in said(page)
    assert edit(as_admin, callout).status_code == 302
    assert len(stored(session).recipients) == 1
    answer = as_admin.post(NEW, data=FILLED | {"name": "Other", "recipients": f"{technician.id}:1"})
    assert f"{technician.name} is inactive and can't be added." in summary(answer)


def test_an_error_of_the_general_tab_is_marked_and_opened(as_admin):
    tree = tree_of(as_admin.post(NEW, data=FILLED | {"name": "", "recipients": "1:9"}))
    assert tree.xpath('//*[contains(@class, "tab-pane active")]/@id') == ["general"]
    for tab in ("general", "notification"):
        assert "has an error" in tree.get_element_by_id(f"tab-{tab}").text_content()


# switching and deleting


def wait_for(session, company, callout, tickets=2):
    """Let deliveries of some tickets wait for a callout."""
    make_rule(session, callout, "Tell Acme")
    for _ in range(tickets):
        make_ticket(session, company)


def test_what_waits_for_an_inactive_callout_is_told_everywhere(as_admin, session, callout, company):
    wait_for(session, company, callout)
    as_admin.post(f"/admin/callouts/{callout.id}/deactivate")
    page = as_admin.get(LIST_PAGE)
    assert "2 waiting deliveries are kept until it is active again." in message(page)
    assert "2 waiting until it is active" in said(page)
    assert "2 deliveries wait until it is activated." in said(as_admin.get(f"/admin/callouts/{callout.id}"))
    as_admin.post(f"/admin/callouts/{callout.id}/activate")
    assert "2 waiting deliveries are sent now." in message(as_admin.get(LIST_PAGE))


def test_deleting_a_callout_that_a_rule_uses_is_refused_naming_the_rules(as_admin, session, callout):
    make_rule(session, callout, "Tell Acme")
    make_rule(session, callout, "Tell <Acme> again", active=False)
    page = as_admin.get(f"/admin/callouts/{callout.id}/delete")
    answer = as_admin.post(f"/admin/callouts/{callout.id}/delete")
    assert answer.status_code == 409
    for each in (page, answer):
        assert "These 2 workflow rules execute the callout." in said(each)
        assert "Tell Acme" in said(each)
        assert "Tell <Acme> again" in said(each)
        assert "can't be deleted yet" in said(each)
    assert stored(session) is not None


def test_deleting_asks_first_and_says_what_is_cancelled(as_admin, session, callout, company):
    wait_for(session, company, callout, tickets=1)
    for rule in callout_rules(as_admin, callout):
        as_admin.post(f"{rule}/delete")
    page = as_admin.get(f"/admin/callouts/{callout.id}/delete")
    assert "One delivery waits to be sent to it, and will be cancelled." in said(page)
    assert stored(session) is not None
    assert as_admin.post(f"/admin/callouts/{callout.id}/delete").location == LIST_PAGE
    assert "“Acme RMM” was deleted. One waiting delivery is cancelled." in message(as_admin.get(LIST_PAGE))
    assert stored(session) is None
    (delivery,) = session.scalars(select(Delivery))
    assert (delivery.state, delivery.callout_name) == ("cancelled", "Acme RMM")


def callout_rules(client, callout) -> list[str]:
    tree = tree_of(client.get(f"/admin/callouts/{callout.id}"))
    return tree.xpath('//*[@id="rules"]//tbody//a/@href')


def test_a_callout_with_recipients_can_be_deleted(as_admin, session, callout, technician):
    edit(as_admin, callout, recipients=f"{technician.id}:1")
    as_admin.post(f"/admin/callouts/{callout.id}/delete")
    assert stored(session) is None


# who may


def test_a_resource_who_is_no_administrator_any_more_is_refused_at_once(client, session, admin, callout):
    sign_in(client, admin)
    assert client.get(LIST_PAGE).status_code == 200
    session.get(Resource, admin.id).security_level = SERVICE_DESK
    session.commit()
    # another level ends what was signed in with the old one
    assert client.get(LIST_PAGE).location.startswith("/sign-in")


# what is typed is what is sent


def test_a_url_that_would_arrive_changed_is_refused_beside_its_field(as_admin, session):
    answer = as_admin.post(NEW, data=FILLED | {"url": "http://rmm.example/hook?id=99", "transport": "GET"})
    assert "already has “id”" in beside(answer)["url"]
    answer = as_admin.post(NEW, data=FILLED | {"url": "http://10.0.0.5/x"})
    assert "no network in PORTAL_ALLOWED_NETWORKS covers it" in beside(answer)["url"]
    assert session.scalars(select(Callout)).all() == []


def test_a_url_that_is_stored_already_stays_editable_until_it_is_touched(as_admin, session):
    callout = make_callout(session, url="http://rmm.example/u?note=100%&id=9", password_encrypted=None)
    assert "would not be accepted today. The % at character 30" in said(
        as_admin.get(f"/admin/callouts/{callout.id}")
    )
    assert edit(as_admin, callout, name="Renamed").status_code == 302
    assert (
        "already has “id”"
        in beside(edit(as_admin, callout, url="http://rmm.example/u?id=9", transport="GET"))["url"]
    )
    assert "character 30" in beside(edit(as_admin, callout, transport="GET"))["url"]


def test_a_name_that_leads_to_what_may_not_be_reached_is_saved_with_a_warning(app, as_admin):
    given = services()
    app.extensions["portal"] = replace(given, settings=replace(given.settings, allowed=Allowed()))
    as_admin.post(NEW, data=FILLED | {"url": "http://localhost/x"})
    assert "Nothing can be sent to “Acme RMM” as it is now. The portal does not send to localhost" in message(
        as_admin.get(LIST_PAGE)
    )


def test_the_editor_shows_what_is_sent_where_it_is_not_what_was_typed(as_admin, session):
    callout = make_callout(session, url="http://Bücher。localhost/ü?a=ß%20")
    page = said(as_admin.get(f"/admin/callouts/{callout.id}"))
    assert "It is sent as http://xn--bcher-kva.localhost/%C3%BC?a=%C3%9F%20." in page
