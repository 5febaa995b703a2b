"""What the editor of extension callouts saves and shows: its fields, the namespace, the password, the URL."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from portal.core.addresses import Allowed
from portal.db.services import services
from portal.models import Callout, Udf
from portal.models.udf import TEXT
from tests.web.reading import beside, form_data, message, rows, said, summary, tree_of
from tests.web.test_callouts import (
    FILLED,
    LIST_PAGE,
    NEW,
    SECRET,
    SOAP,
    edit,
    make_callout,
    make_rule,
    stored,
)


@pytest.fixture
def callout(session) -> Callout:
    return make_callout(session)


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
