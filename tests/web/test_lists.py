"""The pages of lists, by form post as without JavaScript."""

from portal.core.tickets import LISTS
from portal.models import PicklistValue
from tests.conftest import make_ticket
from tests.web.entering import HTML, NO_TEXT, fill_in, send_bytes
from tests.web.reading import beside, form_data, message, rows, said, tree_of

INDEX = "/admin/lists"


def value_of(session, list_name: str, value: int) -> PicklistValue:
    session.rollback()
    return session.query(PicklistValue).filter_by(list_name=list_name, value=value).one()


def labels(session, list_name: str) -> list[str]:
    session.rollback()
    query = session.query(PicklistValue).filter_by(list_name=list_name)
    return [row.label for row in query.order_by(PicklistValue.sort)]


def test_the_lists_are_shown_with_their_values(as_admin):
    shown = rows(as_admin.get(INDEX))
    assert [row[0] for row in shown] == [title for title, _ in LISTS.values()]
    assert shown[1][1:] == ["Critical, High, Medium, Low", "4", "0"]


def test_a_list_that_is_saved_as_it_is_stays(as_admin, session, subtests):
    for name in LISTS:
        with subtests.test(name=name):
            before = labels(session, name)
            path = f"{INDEX}/{name}"
            assert as_admin.post(path, data=fill_in(as_admin, path, "list-form")).location == path
            assert labels(session, name) == before
            assert all(row.active for row in session.query(PicklistValue).filter_by(list_name=name))


def test_labels_places_and_activity_are_saved_and_tickets_show_them(as_admin, session, company):
    low, high = value_of(session, "priority", 3), value_of(session, "priority", 1)
    path = f"{INDEX}/priority"
    changes = {f"label_{low.id}": HTML, f"place_{low.id}": "0", f"active_{high.id}": None}
    as_admin.post(path, data=fill_in(as_admin, path, "list-form", **changes))
    assert message(as_admin.get(path)) == "The list was saved."
    offered = tree_of(as_admin.get("/tickets/new")).xpath("//*[@id='priority']/option")
    assert [each.text for each in offered] == [HTML, "Critical", "Medium"]


def test_a_value_is_added_with_the_next_number_or_a_chosen_one(as_admin, session):
    path = f"{INDEX}/queue"
    as_admin.post(path, data=fill_in(as_admin, path, "list-form", new_label="Night shift"))
    assert message(as_admin.get(path)) == "“Night shift” was added."
    as_admin.post(path, data=fill_in(as_admin, path, "list-form", new_label="Day shift", new_value="77"))
    assert labels(session, "queue")[-2:] == ["Night shift", "Day shift"]
    assert value_of(session, "queue", 29682970).label == "Night shift"
    assert value_of(session, "queue", 77).label == "Day shift"


def test_everything_wrong_is_said_beside_its_field_and_nothing_is_saved(as_admin, session):
    low, high = value_of(session, "priority", 3), value_of(session, "priority", 1)
    before = labels(session, "priority")
    path = f"{INDEX}/priority"
    entered = {
        f"label_{high.id}": "low",
        f"label_{low.id}": "Renamed",
        "new_label": "critical",
        "new_value": "2",
    }
    answer = as_admin.post(path, data=fill_in(as_admin, path, "list-form", **entered))
    assert answer.status_code == 422
    assert beside(answer) == {
        "new_label": "The list has “critical” already. Choose another label.",
        "new_value": "2 is the number of “Medium”. Choose another, or leave it empty.",
    }
    assert labels(session, "priority") == before
    assert form_data(answer, "list-form").items() >= {k: [v] for k, v in entered.items()}.items()


def test_odd_input_in_a_row_is_refused_beside_it_and_kept(as_admin, session, subtests):
    for field, text in [
        ("place", "x"),
        ("place", "-1"),
        ("place", "9" * 10_000),
        ("place", "١"),
        ("label", ""),
        ("label", "x" * 10_000),
        ("label", "a\x00"),
        ("label", "MEDIUM"),
    ]:
        with subtests.test(field=field, text=text):
            name = f"{field}_{value_of(session, 'priority', 3).id}"
            path = f"{INDEX}/priority"
            answer = as_admin.post(path, data=fill_in(as_admin, path, "list-form", **{name: text}))
            assert answer.status_code == 422
            assert set(beside(answer)) == {name}
            if text.isprintable():
                assert form_data(answer, "list-form")[name] == [text]


def test_an_odd_number_is_refused_beside_it(as_admin, subtests):
    for number in ["0", "x", "-5", str(2**31), "9" * 10_000, "1.5", "٣"]:
        with subtests.test(number=number):
            path = f"{INDEX}/queue"
            data = fill_in(as_admin, path, "list-form", new_label="Night shift", new_value=number)
            assert set(beside(as_admin.post(path, data=data))) == {"new_value"}


def test_a_number_without_a_label_asks_for_one(as_admin):
    path = f"{INDEX}/queue"
    answer = as_admin.post(path, data=fill_in(as_admin, path, "list-form", new_value="77"))
    assert beside(answer) == {"new_label": "A label is required."}


def test_what_the_portal_needs_can_not_be_changed_whatever_is_sent(as_admin, session):
    new = value_of(session, "status", 1)
    path = f"{INDEX}/status"
    page = tree_of(as_admin.get(path))
    assert not page.xpath(f"//*[@id='label_{new.id}']")
    assert page.get_element_by_id(f"active_{new.id}").get("disabled") is not None
    sent = fill_in(as_admin, path, "list-form", **{f"label_{new.id}": "Newest"})
    assert as_admin.post(path, data=sent).status_code == 302
    assert (value_of(session, "status", 1).label, value_of(session, "status", 1).active) == ("New", True)
    answer = as_admin.post(f"{path}/{new.id}/delete")
    assert answer.status_code == 409
    assert "the portal itself needs it" in said(answer)


def test_a_value_that_was_added_meanwhile_is_left_alone(as_admin, session):
    path = f"{INDEX}/priority"
    data = fill_in(as_admin, path, "list-form")
    session.add(PicklistValue(list_name="priority", value=99, label="Someday", sort=9))
    session.commit()
    assert as_admin.post(path, data=data).status_code == 302
    assert value_of(session, "priority", 99).active
    assert labels(session, "priority")[-1] == "Someday"


def test_an_unused_value_is_deleted_after_a_question(as_admin, session):
    row = value_of(session, "queue", 6)
    path = f"{INDEX}/queue/{row.id}/delete"
    assert tree_of(as_admin.get(f"{INDEX}/queue")).xpath(f'//a[@href="{path}"]')
    assert "Delete “Post Sale”?" in said(as_admin.get(path))
    assert as_admin.post(path).location == f"{INDEX}/queue"
    assert "Post Sale" not in labels(session, "queue")


def test_a_value_that_tickets_have_offers_no_deleting_and_refuses_it(as_admin, session, company):
    make_ticket(session, company, queue=6)
    path = f"{INDEX}/queue/{value_of(session, 'queue', 6).id}/delete"
    assert not tree_of(as_admin.get(f"{INDEX}/queue")).xpath(f'//a[@href="{path}"]')
    answer = as_admin.post(path)
    assert answer.status_code == 409
    assert "1 ticket has it. Inactivate it instead" in said(answer)


def test_bytes_that_are_no_text_are_no_server_error(as_admin):
    assert send_bytes(as_admin, f"{INDEX}/queue", "new_value", NO_TEXT).status_code == 422


def test_an_unknown_list_or_value_is_not_found(as_admin, subtests):
    for rest in ["colour", "status/4711/delete", f"status/{2**31}/delete", f"status/{10**30}/delete", "%00"]:
        with subtests.test(rest=rest):
            assert as_admin.get(f"{INDEX}/{rest}").status_code == 404
            assert as_admin.post(f"{INDEX}/{rest}").status_code == 404


def test_a_value_of_another_list_is_not_found(as_admin, session):
    assert as_admin.get(f"{INDEX}/status/{value_of(session, 'queue', 6).id}/delete").status_code == 404
