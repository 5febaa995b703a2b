"""Extension callouts: the list, the tabs of rules and recipients, switching and deleting, without JavaScript."""

import pytest
from sqlalchemy import select

from portal.clock import now
from portal.db.services import services
from portal.desk.rule_checks import ActionValues, RuleValues
from portal.desk.rules import save_rule
from portal.models import Callout, Delivery, Resource
from portal.models.people import SERVICE_DESK
from tests.conftest import make_resource, make_ticket, sign_in
from tests.web.reading import form_data, message, row_menu, rows, said, summary, tree_of

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
