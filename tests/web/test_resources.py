"""The pages of resources, by form post as without JavaScript."""

import itertools

from portal.models import CalloutRecipient, Resource
from portal.models.people import ADMINISTRATOR, API_USER, SERVICE_DESK
from tests.conftest import PASSWORD, authenticate, make_resource, sign_in
from tests.desk.making import make_callout
from tests.web.entering import HOSTILE, HTML, NO_TEXT, fill_in, send_bytes
from tests.web.reading import beside, form_data, message, row_menu, rows, said, tree_of

LIST, NEW = "/admin/resources", "/admin/resources/new"
TESS = {"first_name": "Tess", "last_name": "Technician", "user_name": "tess"}


def path_of(resource: Resource) -> str:
    return f"{LIST}/{resource.id}"


def stored(session, user_name: str) -> Resource | None:
    session.rollback()
    return session.query(Resource).filter_by(user_name=user_name).one_or_none()


def test_the_list_tells_who_is_who(as_admin, session, admin):
    make_resource(session, API_USER, "rmm", first_name="Mock", last_name="RMM", email1="")
    quiet = make_resource(
        session, SERVICE_DESK, "tess", first_name="Tess", email2="two@example.com", active=False
    )
    quiet.password_hash = ""
    session.commit()
    assert rows(as_admin.get(LIST)) == [
        # the menu's items are in the last cell
        [*cells, rows(as_admin.get(LIST))[place][-1]]
        for place, cells in enumerate(
            [
                ["Ada Lovelace", admin.user_name, "Administrator", "ada@example.com", "Active", "just now"],
                ["Mock RMM", "rmm", "API User (API only)", "–", "Active", "–"],
                [
                    "Tess Lovelace",
                    "tess",
                    "Service Desk UserNo password, can't sign in",
                    "ada@example.comtwo@example.com",
                    "Inactive",
                    "Never",
                ],
            ]
        )
    ]


def test_the_list_is_searched_filtered_and_sorted(as_admin, session, subtests):
    grace = {"first_name": "Grace", "last_name": "Hopper", "email3": "grace@navy.example"}
    make_resource(session, SERVICE_DESK, "amazing", active=False, **grace)
    make_resource(session, SERVICE_DESK, "tess", first_name="Tess", last_name="Technician")
    for query, names in [
        ("level=service_desk", ["Grace Hopper", "Tess Technician"]),
        ("active=no", ["Grace Hopper"]),
        ("active=yes&level=service_desk", ["Tess Technician"]),
        ("q=grace+hop", ["Grace Hopper"]),
        ("q=NAVY", ["Grace Hopper"]),
        ("q=%25", []),
        ("q=%00", ["Ada Lovelace", "Grace Hopper", "Tess Technician"]),
        ("sort=-name", ["Tess Technician", "Grace Hopper", "Ada Lovelace"]),
        ("sort=-seen", ["Ada Lovelace", "Grace Hopper", "Tess Technician"]),
        ("sort=odd&level=odd&active=odd&page=x", ["Ada Lovelace", "Grace Hopper", "Tess Technician"]),
    ]:
        with subtests.test(query=query, names=names):
            assert [row[0] for row in rows(as_admin.get(f"{LIST}?{query}"))] == names


def test_a_search_knows_capitals_of_every_alphabet(as_admin, session):
    make_resource(session, SERVICE_DESK, "ödön", first_name="Ödön", last_name="Újházy")
    for text in ("ÖDÖN ÚJ", "O\u0308DÖN"):
        assert [row[0] for row in rows(as_admin.get(LIST, query_string={"q": text}))] == ["Ödön Újházy"], text


def test_a_new_resource_can_sign_in_at_once(as_admin, app, session):
    data = fill_in(as_admin, NEW, "resource-form", **TESS, password=PASSWORD, again=PASSWORD)
    answer = as_admin.post(NEW, data=data)
    assert answer.location == LIST
    assert message(as_admin.get(LIST)) == "“Tess Technician” was saved."
    assert stored(session, "tess").security_level == SERVICE_DESK
    sign_in(app.test_client(), stored(session, "tess"))


def test_save_and_new_opens_an_empty_form(as_admin):
    data = fill_in(as_admin, NEW, "resource-form", **TESS, then="new")
    assert as_admin.post(NEW, data=data).location == NEW


def test_everything_wrong_is_said_beside_its_field_and_the_input_is_kept(as_admin, session, admin):
    entered = {
        "first_name": "",
        "last_name": HTML,
        "user_name": admin.user_name.upper(),
        "security_level": "root",
        "email1": "ada@",
        "email2": "ada@bücher.example",
        "email3": "Ada <ada@example.com>",
        "time_zone": "Mars/Olympus",
    }
    answer = as_admin.post(NEW, data=entered | {"password": "short", "again": "other"})
    assert answer.status_code == 422
    assert set(beside(answer)) == (set(entered) - {"last_name"}) | {"password", "again"}
    assert "xn--bcher-kva.example" in beside(answer)["email2"]
    kept = form_data(answer, "resource-form")
    for name in ("last_name", "user_name", "email1", "email2", "email3"):
        assert kept[name] == [entered[name]]
    assert kept["password"] == [""]
    assert "active" not in kept
    assert "short" not in said(answer)


def test_a_typed_password_is_not_shown_again_and_the_page_says_so(as_admin):
    answer = as_admin.post(NEW, data=TESS | {"last_name": "", "password": PASSWORD, "again": PASSWORD})
    assert "Type the password twice again" in beside(answer)["password"]
    assert PASSWORD not in answer.text


def test_two_different_passwords_save_nothing(as_admin, session):
    data = fill_in(as_admin, NEW, "resource-form", **TESS, password=PASSWORD, again="something else")
    answer = as_admin.post(NEW, data=data)
    assert beside(answer) == {"again": "The two passwords are not the same. Type the same one twice."}
    assert stored(session, "tess") is None


def test_hostile_input_is_refused_beside_its_field(as_admin, subtests):
    fields = ("first_name", "last_name", "user_name", "email1", "time_zone", "security_level")
    valid = {"security_level": SERVICE_DESK, "time_zone": "UTC"} | TESS
    # every field with a text, and every text in a field that keeps any text
    pairs = [
        *zip(fields, itertools.cycle(HOSTILE.values())),
        *(("last_name", each) for each in HOSTILE.values()),
    ]
    for field, text in pairs:
        with subtests.test(field=field, text=text):
            answer = as_admin.post(NEW, data=valid | {field: text})
            assert answer.status_code == 422
            assert set(beside(answer)) == {field}


def test_bytes_that_are_no_text_are_no_server_error(as_admin):
    answer = send_bytes(as_admin, NEW, "user_name", NO_TEXT)
    assert answer.status_code == 422
    assert form_data(answer, "resource-form")["user_name"] == ["Acme\ufffd\ufffd\ufffd"]
    assert as_admin.get(f"{LIST}?q=%ED%A0%80").status_code == 200


def test_html_is_shown_as_text(as_admin, session):
    row = make_resource(session, SERVICE_DESK, "tess", first_name=HTML)
    for path in (LIST, path_of(row)):
        answer = as_admin.get(path)
        assert "<script>alert" not in answer.text
        assert HTML in tree_of(answer).text_content()


def test_a_new_password_ends_the_resources_sessions(as_admin, app, session, technician):
    theirs = app.test_client()
    sign_in(theirs, technician)
    path = path_of(technician)
    saved = as_admin.post(path, data=fill_in(as_admin, path, "resource-form"))
    assert saved.status_code == 302
    assert theirs.get("/").status_code == 200
    data = fill_in(as_admin, path, "resource-form", password="another password", again="another password")
    assert as_admin.post(path, data=data).status_code == 302
    assert theirs.get("/").status_code == 302
    session.rollback()
    assert authenticate(session(), technician.user_name, "another password")


def test_a_resource_that_is_inactivated_is_signed_out(as_admin, app, session, technician):
    theirs = app.test_client()
    sign_in(theirs, technician)
    assert as_admin.post(f"{path_of(technician)}/deactivate").location == LIST
    assert theirs.get("/").status_code == 302
    assert "they can't sign in" in message(as_admin.get(LIST))
    as_admin.post(f"{path_of(technician)}/activate")
    assert theirs.get("/").status_code == 302
    sign_in(theirs, technician)


def test_an_administrator_who_loses_the_level_loses_the_pages(as_admin, app, session):
    other = make_resource(session, ADMINISTRATOR)
    theirs = app.test_client()
    sign_in(theirs, other)
    assert theirs.get(LIST).status_code == 200
    data = fill_in(as_admin, path_of(other), "resource-form", security_level=SERVICE_DESK)
    assert as_admin.post(path_of(other), data=data).status_code == 302
    assert theirs.get("/").status_code == 302
    sign_in(theirs, other)
    assert theirs.get(LIST).status_code == 403


def test_ones_own_menu_has_no_inactivate_and_the_address_refuses_it(as_admin, session, admin, technician):
    technician.last_name = "Other"
    session.commit()
    page = as_admin.get(LIST)
    assert set(row_menu(page, "Ada Lovelace")) == {"Edit"}
    assert set(row_menu(page, "Ada Other")) == {"Edit", "Inactivate"}
    as_admin.post(f"{path_of(admin)}/deactivate")
    assert message(as_admin.get(LIST)) == "You can't inactivate yourself. Another administrator can."
    assert as_admin.get("/").status_code == 200


def test_ones_own_page_saves_what_is_ones_to_change(as_admin, session, admin):
    path = path_of(admin)
    controls = tree_of(as_admin.get(path))
    for name in ("active", "security_level"):
        assert controls.get_element_by_id(name).get("disabled") is not None
    # disabled controls are not sent, and stay as they are
    data = fill_in(as_admin, path, "resource-form", first_name="Augusta")
    assert "active" not in data
    assert as_admin.post(path, data=data).location == LIST
    session.refresh(admin)
    assert (admin.first_name, admin.active, admin.security_level) == ("Augusta", True, ADMINISTRATOR)
    refusal = as_admin.post(path, data=data | {"password": "another one", "again": "another one"})
    assert refusal.status_code == 422
    assert "My profile" in said(refusal)
    assert (
        "security level"
        in beside(as_admin.post(path, data=data | {"security_level": "api"}))["security_level"]
    )


def test_the_page_warns_of_ticks_and_the_answer_names_the_callouts_that_lost_them(
    as_admin, session, technician
):
    make_callout(session, "Acme RMM", told=[(technician, 1)])
    make_callout(session, "Other RMM", told=[(technician, 1)])
    path = path_of(technician)
    assert "Notified by “Acme RMM”, “Other RMM”. If you empty it" in said(as_admin.get(path))
    as_admin.post(path, data=fill_in(as_admin, path, "resource-form", email1=""))
    told = message(as_admin.get(LIST))
    assert "no longer notify the address that was emptied: “Acme RMM”, “Other RMM”." in told
    assert session.query(CalloutRecipient).count() == 0


def test_an_api_user_without_a_password_is_refused_beside_it(as_admin):
    data = fill_in(as_admin, NEW, "resource-form", **TESS, security_level=API_USER)
    assert beside(as_admin.post(NEW, data=data)) == {
        "password": "An API User signs in to the web services with a password. Enter one."
    }


def test_a_zone_that_is_not_offered_any_more_is_kept(as_admin, session, technician):
    technician.time_zone = "US/Eastern"
    session.commit()
    path = path_of(technician)
    assert as_admin.post(path, data=fill_in(as_admin, path, "resource-form")).status_code == 302
    session.refresh(technician)
    assert technician.time_zone == "US/Eastern"
