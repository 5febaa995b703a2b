"""The pages of user-defined fields: by form post as without JavaScript, and the editor's script."""

import pytest
from playwright.sync_api import Page, expect

from portal.models import Udf
from tests.conftest import make_ticket
from tests.desk.making import make_callout, make_rule
from tests.web.browser import enter
from tests.web.entering import HTML, NO_TEXT, fill_in, send_bytes
from tests.web.reading import beside, form_data, message, row_menu, rows, said, tree_of

LIST, NEW = "/admin/udfs", "/admin/udfs/new"


@pytest.fixture
def udf(session) -> Udf:
    return make_udf(session)


def make_udf(session, name="Alert ID", kind="text", **values) -> Udf:
    row = Udf(name=name, type=kind, **values)
    session.add(row)
    session.commit()
    return row


def test_an_empty_list_says_what_belongs_there(as_admin):
    assert "No user-defined fields yet" in said(as_admin.get(LIST))


def test_the_list_tells_what_uses_each_field(as_admin, session, udf, company):
    make_udf(session, "Tier", "list", options="Gold\nSilver", active=False)
    make_ticket(session, company, udfs={udf.id: "A-1"})
    make_callout(session, udf_id=udf.id)
    make_rule(session, "Acme alerts", f"udf:{udf.id}", "A")
    assert [row[:5] for row in rows(as_admin.get(LIST))] == [
        ["Alert ID", "Text", "Acme RMMAcme alerts", "1", "Active"],
        ["Tier", "List2 options", "–", "0", "Inactive"],
    ]


@pytest.mark.parametrize(
    ("kind", "options", "offered"),
    [
        ("text", None, None),
        ("number", None, None),
        ("date", None, None),
        ("list", "Gold\r\nSilver", ["Gold", "Silver"]),
    ],
)
def test_a_new_field_of_each_type_is_on_the_ticket_form(as_admin, session, company, kind, options, offered):
    entered = {"name": HTML, "type": kind, "active": "y"} | ({"options": options} if options else {})
    assert as_admin.post(NEW, data=entered).location == LIST
    page = tree_of(as_admin.get("/tickets/new"))
    control = page.get_element_by_id(f"udf_{session.query(Udf).one().id}")
    assert HTML in page.text_content()
    if offered:
        assert [each.get("value") for each in control.xpath("./option")] == ["", *offered]


def test_everything_wrong_is_said_beside_its_field_and_the_input_is_kept(as_admin, udf):
    entered = {"name": "ALERT id", "type": "list", "options": "Gold\r\n<b>\r\ngold"}
    answer = as_admin.post(NEW, data=entered)
    assert answer.status_code == 422
    assert set(beside(answer)) == {"name", "options"}
    kept = form_data(answer, "udf-form")
    assert (kept["name"], kept["type"]) == (["ALERT id"], ["list"])
    assert kept["options"][0].split() == ["Gold", "<b>", "gold"]
    assert beside(as_admin.post(NEW, data={"name": "New", "type": "colour"})).keys() == {"type"}


def test_hostile_input_is_refused_beside_its_field(as_admin, subtests):
    for text in ["Acme\x00", "x" * 10_000, "a\x1b[31m\x7f"]:
        for field in ["name", "type", "options"]:
            with subtests.test(text=text, field=field):
                answer = as_admin.post(
                    NEW, data={"name": "New", "type": "list", "options": "Gold"} | {field: text}
                )
                assert answer.status_code == 422
                # options without the type List are wrong as well
                assert set(beside(answer)) - {"options"} <= {field}
                assert field in beside(answer)


def test_bytes_that_are_no_text_are_no_server_error(as_admin):
    answer = send_bytes(as_admin, NEW, "options", NO_TEXT)
    assert answer.status_code == 422
    assert set(beside(answer)) == {"name", "options"}


def test_the_type_of_a_used_field_is_shown_fixed_with_the_reason(as_admin, session, udf, company):
    make_ticket(session, company, udfs={udf.id: "A-1"})
    path = f"{LIST}/{udf.id}"
    page = as_admin.get(path)
    assert tree_of(page).get_element_by_id("type").get("disabled") is not None
    assert "The type can no longer be changed: one ticket has a value in it." in said(page)
    data = fill_in(as_admin, path, "udf-form", name="Alert number")
    assert "type" not in data
    assert as_admin.post(path, data=data).location == LIST
    session.refresh(udf)
    assert (udf.name, udf.type) == ("Alert number", "text")
    answer = as_admin.post(path, data=data | {"type": "number"})
    assert answer.status_code == 422
    assert "can no longer be changed" in beside(answer)["type"]


def test_options_that_the_browser_leaves_out_are_empty(as_admin, session):
    row = make_udf(session, kind="list", options="Gold")
    path = f"{LIST}/{row.id}"
    as_admin.post(path, data=fill_in(as_admin, path, "udf-form", type="text", options=None))
    session.refresh(row)
    assert (row.type, row.options) == ("text", "")


def test_a_removed_option_that_tickets_have_is_named(as_admin, session, company):
    row = make_udf(session, kind="list", options="Gold\nSilver")
    make_ticket(session, company, udfs={row.id: "Gold"})
    path = f"{LIST}/{row.id}"
    as_admin.post(path, data=fill_in(as_admin, path, "udf-form", options="Silver"))
    assert "still on tickets: “Gold” (1)" in message(as_admin.get(LIST))
    assert "still on tickets: “Gold” (1)" in said(as_admin.get(path))


def test_inactivating_names_the_callouts_and_rules_that_go_on_reading_it(as_admin, session, udf, company):
    make_ticket(session, company, udfs={udf.id: "A-1"})
    make_callout(session, udf_id=udf.id)
    make_rule(session, "Acme alerts", f"udf:{udf.id}", "A")
    as_admin.post(row_menu(as_admin.get(LIST), "Alert ID")["Inactivate"])
    told = message(as_admin.get(LIST))
    assert "Its values are kept." in told
    assert "the extension callout “Acme RMM” uses it, and the workflow rule “Acme alerts” uses it" in told
    as_admin.post(row_menu(as_admin.get(LIST), "Alert ID")["Activate"])
    # unticking it in the editor says the same
    path = f"{LIST}/{udf.id}"
    as_admin.post(path, data=fill_in(as_admin, path, "udf-form", active=None))
    assert message(as_admin.get(LIST)) == told


def test_an_unused_field_is_deleted_after_a_question(as_admin, session, udf):
    path = row_menu(as_admin.get(LIST), "Alert ID")["Delete…"]
    assert "Delete “Alert ID”?" in said(as_admin.get(path))
    assert as_admin.post(path).location == LIST
    assert session.query(Udf).count() == 0


def test_a_used_field_is_not_deleted(as_admin, session, udf):
    make_callout(session, udf_id=udf.id)
    path = f"{LIST}/{udf.id}/delete"
    assert "the extension callout “Acme RMM” uses it" in said(as_admin.get(path))
    assert as_admin.post(path).status_code == 409
    assert session.query(Udf).count() == 1


def test_the_options_are_enabled_for_a_list_only(admin, page: Page):
    enter(page, admin)
    page.goto(NEW)
    expect(page.get_by_label("Options")).to_be_disabled()
    page.get_by_label("Type").select_option("List")
    page.get_by_label("Name").fill("Tier")
    page.get_by_label("Options").fill("Gold\nSilver")
    page.get_by_role("button", name="Save & Close").click()
    expect(page.get_by_role("status")).to_contain_text("“Tier” was saved.")
