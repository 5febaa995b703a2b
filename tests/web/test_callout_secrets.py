"""A callout's signing secret by form post: made, typed, rotated and removed, and never shown twice."""

import base64

import pytest

from portal.db.engine import db
from portal.db.services import services
from portal.models import Callout
from tests.web.delivering import text_at
from tests.web.reading import beside, form_data, message, said, summary, tree_of
from tests.web.test_callout_options import FIRST, is_unfolded
from tests.web.test_callouts import FILLED, LIST_PAGE, NEW, edit, make_callout, stored

SECOND = "whsec_" + base64.b64encode(bytes(range(32))).decode()
KEEP_OUT = {FIRST.removeprefix("whsec_"), SECOND.removeprefix("whsec_")}


@pytest.fixture
def callout(session) -> Callout:
    return make_callout(session)


def secrets_of(callout: Callout) -> list[str | None]:
    """Give what signs: the newer secret, and the older one."""
    opened = services().credentials.decrypt
    tokens = (callout.signing_secret_encrypted, callout.signing_secret_old_encrypted)
    return [opened(each) if each else None for each in tokens]


def choices_of(answer) -> list[str]:
    found = tree_of(answer).xpath('//input[@name="signing_action"]/following-sibling::label')
    return [" ".join(each.text_content().split()) for each in found]


def test_a_secret_that_the_portal_makes_is_shown_once(as_admin, session):
    answer = as_admin.post(NEW, data=FILLED | {"signing_action": "make"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    shown = text_at(answer, "made-secret")
    saved = stored(session)
    assert secrets_of(saved) == [shown, None]
    assert "“Acme RMM” was saved." in message(answer)
    assert tree_of(answer).xpath('//*[@class="form-buttons"]/a/@href') == [LIST_PAGE]
    for path in (LIST_PAGE, f"/admin/callouts/{saved.id}"):
        page = as_admin.get(path)
        assert shown.removeprefix("whsec_") not in page.text
        assert saved.signing_secret_encrypted not in page.text
    assert "Keep the stored one" in choices_of(as_admin.get(f"/admin/callouts/{saved.id}"))


def test_asking_for_the_next_callout_leads_there_once_the_secret_was_seen(as_admin):
    answer = as_admin.post(NEW, data=FILLED | {"signing_action": "make", "then": "new"})
    assert tree_of(answer).xpath('//*[@class="form-buttons"]/a/@href') == [NEW]


def test_no_secret_is_made_while_something_else_is_wrong(as_admin, session):
    answer = as_admin.post(NEW, data=FILLED | {"signing_action": "make", "name": ""})
    assert answer.status_code == 422
    assert "whsec_" not in answer.text.replace("whsec_…", "")
    assert form_data(answer, "callout-editor")["signing_action"] == ["make"]


def test_reloading_the_page_with_the_secret_makes_no_other(as_admin, session, callout):
    path = f"/admin/callouts/{callout.id}"
    data = form_data(as_admin.get(path), "callout-editor") | {"signing_action": "make"}
    shown = text_at(as_admin.post(path, data=data), "made-secret")
    assert as_admin.post(path, data=data).location == path
    assert secrets_of(stored(session)) == [shown, None]


def test_a_typed_secret_is_stored_encrypted_and_never_rendered(as_admin, session):
    answer = as_admin.post(NEW, data=FILLED | {"signing_action": "type", "signing_secret": f" {FIRST} "})
    assert answer.location == LIST_PAGE
    saved = stored(session)
    assert secrets_of(saved) == [FIRST, None]
    assert FIRST not in saved.signing_secret_encrypted
    refused = edit(as_admin, saved, name="", signing_secret=SECOND, signing_action="type")
    assert "Type the signing secret again" in beside(refused)["signing_secret"]
    assert form_data(refused, "callout-editor")["signing_action"] == ["type"]
    for page in (as_admin.get(f"/admin/callouts/{saved.id}"), refused, as_admin.get(LIST_PAGE)):
        assert not any(each in page.text for each in KEEP_OUT)


def test_a_refused_secret_is_not_repeated(as_admin):
    answer = as_admin.post(NEW, data=FILLED | {"signing_secret": FIRST[:-8]})
    assert FIRST[6:-8] not in answer.text


def test_a_typed_secret_counts_where_there_is_none_to_keep_and_keep_keeps_one(as_admin, session, callout):
    for secret in (FIRST, SECOND):
        assert edit(as_admin, callout, signing_action="keep", signing_secret=secret).status_code == 302
    assert secrets_of(stored(session)) == [FIRST, None]


def test_a_secret_is_rotated_in_two_steps(as_admin, session, callout):
    edit(as_admin, callout, signing_secret=FIRST, signing_action="type")
    page = as_admin.get(f"/admin/callouts/{callout.id}")
    assert is_unfolded(page)
    assert choices_of(page) == [
        "Keep the stored one",
        "Rotate: make another; both sign until you remove the older one",
        "Rotate: type another; both sign until you remove the older one",
        "Remove it, and sign no more",
    ]
    answer = edit(as_admin, callout, signing_action="make")
    made = text_at(answer, "made-secret")
    assert "two signatures" in said(answer)
    assert secrets_of(stored(session)) == [made, FIRST]
    edit(as_admin, callout)
    assert secrets_of(stored(session)) == [made, FIRST]
    assert "Keep both: the newer and the older one sign" in choices_of(
        as_admin.get(f"/admin/callouts/{callout.id}")
    )
    edit(as_admin, callout, signing_action="retire")
    assert secrets_of(stored(session)) == [made, None]


def test_rotating_again_forgets_the_oldest(as_admin, session, callout):
    for secret in (FIRST, SECOND):
        edit(as_admin, callout, signing_secret=secret, signing_action="type")
    assert secrets_of(stored(session)) == [SECOND, FIRST]
    made = text_at(edit(as_admin, callout, signing_action="make"), "made-secret")
    assert secrets_of(stored(session)) == [made, SECOND]


def test_removing_removes_both(as_admin, session, callout):
    for secret in (FIRST, SECOND):
        edit(as_admin, callout, signing_secret=secret, signing_action="type")
    edit(as_admin, callout, signing_action="remove")
    saved = stored(session)
    assert (saved.signing_secret_encrypted, saved.signing_secret_old_encrypted) == (None, None)


def test_what_is_removed_is_gone_from_sqlites_file_too(app, as_admin, session, callout):
    edit(as_admin, callout, signing_secret=FIRST, signing_action="type")
    removed = stored(session).signing_secret_encrypted.encode()
    session.commit()
    edit(as_admin, callout, signing_action="remove")
    session.remove()
    with db.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert removed not in (services().settings.instance / "portal.db").read_bytes()


def test_a_secret_stays_with_its_callout_whatever_its_url(as_admin, session, callout):
    edit(as_admin, callout, signing_secret=FIRST, password_action="remove")
    assert edit(as_admin, callout, url="https://elsewhere.example/").status_code == 302
    assert secrets_of(stored(session)) == [FIRST, None]


def test_the_second_of_two_who_save_makes_no_secret(as_admin, session, callout):
    path = f"/admin/callouts/{callout.id}"
    mine = form_data(as_admin.get(path), "callout-editor") | {"signing_action": ["make"]}
    edit(as_admin, callout, url="https://rmm.example/theirs")
    answer = as_admin.post(path, data=mine)
    assert "changed in another tab" in summary(answer)
    assert secrets_of(stored(session)) == [None, None]
