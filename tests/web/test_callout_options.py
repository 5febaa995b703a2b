"""What a callout can do beyond the original, by form post: its resends and limits, its pause, its failures."""

from datetime import timedelta

import pytest

from portal.clock import now
from portal.models import Callout, Delivery
from tests.web.delivering import complete, state_of
from tests.web.reading import beside, form_data, message, row_menu, rows, said, tree_of
from tests.web.test_callouts import FILLED, LIST_PAGE, NEW, edit, make_callout, make_rule, stored

# the specification's example
FIRST = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NUMBERS = ("resend_seconds", "resend_limit", "max_per_second", "max_parallel", "timeout_seconds")


@pytest.fixture
def callout(session) -> Callout:
    return make_callout(session)


def is_unfolded(answer) -> bool:
    return tree_of(answer).get_element_by_id("sending").get("open") is not None


# resends and limits


def test_a_new_callout_is_sent_as_the_original_and_the_page_stays_calm(as_admin, session):
    page = as_admin.get(NEW)
    assert not is_unfolded(page)
    as_admin.post(NEW, data=form_data(page, "callout-editor") | {"name": "Acme RMM", "url": FILLED["url"]})
    saved = stored(session)
    assert saved.resend_preset == "original"
    assert [getattr(saved, each) for each in NUMBERS] == [None] * 5
    assert saved.signing_secret_encrypted is None
    assert not is_unfolded(as_admin.get(f"/admin/callouts/{saved.id}"))


def test_what_is_entered_under_sending_is_saved_and_shown_again_unfolded(as_admin, session):
    entered = dict(zip(NUMBERS, ("86400", "0", "10000", "500", "300"), strict=True))
    as_admin.post(NEW, data=FILLED | {"resend_preset": "custom"} | entered)
    saved = stored(session)
    assert [getattr(saved, each) for each in NUMBERS] == [86400, 0, 10000, 500, 300]
    page = as_admin.get(f"/admin/callouts/{saved.id}")
    assert is_unfolded(page)
    data = form_data(page, "callout-editor")
    assert {name: data[name] for name in entered} == {name: [value] for name, value in entered.items()}
    assert data["resend_preset"] == ["custom"]
    assert edit(as_admin, saved, resend_preset="long", resend_seconds="", resend_limit="").status_code == 302
    saved = stored(session)
    assert (saved.resend_preset, saved.resend_seconds, saved.resend_limit) == ("long", None, None)


CUSTOM = {"resend_preset": "custom", "resend_seconds": "60", "resend_limit": "3"}
PROBLEMS = [
    ({"resend_preset": "never"}, "resend_preset", "Choose one of: As the original"),
    (CUSTOM | {"resend_seconds": ""}, "resend_seconds", "Pause is required for Custom."),
    (CUSTOM | {"resend_seconds": "0"}, "resend_seconds", "Pause is a whole number from 1 to 86,400."),
    (CUSTOM | {"resend_seconds": "86401"}, "resend_seconds", "from 1 to 86,400"),
    (CUSTOM | {"resend_limit": ""}, "resend_limit", "Resends is required for Custom."),
    (CUSTOM | {"resend_limit": "1001"}, "resend_limit", "from 0 to 1,000"),
    (
        {"resend_seconds": "60"},
        "resend_seconds",
        "Pause is for Custom only: clear this, or choose Custom as the Resend schedule.",
    ),
    ({"resend_preset": "long", "resend_limit": "3"}, "resend_limit", "Resends is for Custom only"),
    ({"max_per_second": "0"}, "max_per_second", "Deliveries a second is a whole number from 1 to 10,000."),
    ({"max_per_second": "0.5"}, "max_per_second", "whole number"),
    ({"max_parallel": "501"}, "max_parallel", "from 1 to 500"),
    ({"timeout_seconds": "301"}, "timeout_seconds", "from 1 to 300"),
    *(
        ({"timeout_seconds": text}, "timeout_seconds", "whole number")
        for text in ("x", "-1", "1e3", "٣", "9" * 40)
    ),
    ({"signing_action": "type"}, "signing_secret", "Type the signing secret"),
    ({"signing_action": "type", "signing_secret": "hunter2"}, "signing_secret", "begins with whsec_"),
    ({"signing_secret": FIRST[:-8]}, "signing_secret", "18 bytes"),
    ({"signing_secret": FIRST[:-1] + "%"}, "signing_secret", "is Base64"),
]


def test_what_is_wrong_is_said_beside_its_field_in_the_unfolded_part(as_admin, session, subtests):
    for changes, field, text in PROBLEMS:
        with subtests.test(changes=changes, field=field, text=text):
            answer = as_admin.post(NEW, data=FILLED | changes)
            assert answer.status_code == 422
            assert list(beside(answer)) == [field]
            assert text in beside(answer)[field]
            assert is_unfolded(answer)
            assert stored(session) is None


def test_each_problem_is_listed_above_and_leads_to_its_field(as_admin):
    answer = as_admin.post(NEW, data=FILLED | {"max_parallel": "x", "signing_secret": "y"})
    tree = tree_of(answer)
    links = tree.xpath('//*[@id="error-summary"]//a/@href')
    assert links == ["#max_parallel", "#signing_secret"]
    assert all(tree.get_element_by_id(each[1:]) is not None for each in links)


# pause and resume


@pytest.fixture
def waiting(session, ticket, callout) -> int:
    """A callout for which one delivery waits; gives that delivery's id."""
    make_rule(session, callout, "Tell Acme")
    return complete(session, ticket)


def test_a_paused_callout_says_so_everywhere_and_how_many_wait(as_admin, session, callout, waiting, company):
    menu = row_menu(as_admin.get(LIST_PAGE), "Acme RMM")
    assert list(menu) == ["Edit", "Pause", "Inactivate", "Delete…"]
    assert as_admin.post(menu["Pause"]).location == LIST_PAGE
    page = as_admin.get(LIST_PAGE)
    assert "“Acme RMM” is paused: what its rules fire waits until it is resumed." in message(page)
    assert "One waiting delivery is kept until then." in message(page)
    assert rows(page)[0][3] == "Active Paused 1 waiting until it is resumed"
    assert list(row_menu(page, "Acme RMM")) == ["Edit", "Resume", "Inactivate", "Delete…"]
    editor = as_admin.get(f"/admin/callouts/{callout.id}")
    assert "This callout is paused. One delivery waits until it is resumed." in said(editor)
    delivery = as_admin.get(f"/deliveries/{waiting}")
    assert "Waiting, callout is paused" in said(delivery)
    assert "The callout is paused. This is sent once it is resumed." in said(delivery)
    assert "Next attempt" not in said(delivery)
    ticket_id = session.get(Delivery, waiting).ticket_id
    session.rollback()
    assert "Waiting, callout is paused" in said(as_admin.get(f"/tickets/{ticket_id}"))


def test_resuming_says_what_is_sent_now(as_admin, session, callout, waiting):
    as_admin.post(f"/admin/callouts/{callout.id}/pause")
    as_admin.post(f"/admin/callouts/{callout.id}/resume")
    page = as_admin.get(LIST_PAGE)
    assert "“Acme RMM” is resumed. One waiting delivery is sent now." in message(page)
    assert rows(page)[0][3] == "Active"


def test_the_editor_s_button_leads_back_to_the_editor(as_admin, session, callout):
    path = f"/admin/callouts/{callout.id}"
    (form,) = tree_of(as_admin.get(path)).xpath(f'//form[@action="{path}/pause"]')
    assert as_admin.post(form.get("action"), data=dict(form.form_values())).location == path
    page = as_admin.get(path)
    assert "Nothing waits for it yet" in said(page)
    assert tree_of(page).xpath(f'//form[@action="{path}/resume"]')


def test_a_pause_is_in_no_open_editor_s_way(as_admin, session, callout):
    path = f"/admin/callouts/{callout.id}"
    mine = form_data(as_admin.get(path), "callout-editor") | {"url": ["https://rmm.example/mine"]}
    as_admin.post(f"{path}/pause")
    assert as_admin.post(path, data=mine).status_code == 302
    saved = stored(session)
    assert (saved.url, saved.paused) == ("https://rmm.example/mine", True)


def test_what_a_paused_callout_is_sent_goes_out_once_it_is_resumed(
    as_admin, session, callout, waiting, receiver, drain
):
    edit(as_admin, callout, url=receiver.url, password_action="remove", username="")
    as_admin.post(f"/admin/callouts/{callout.id}/pause")
    drain()
    assert receiver.got == []
    as_admin.post(f"/admin/callouts/{callout.id}/resume")
    drain()
    assert len(receiver.got) == 1
    assert state_of(session, waiting) == "delivered"


def test_an_inactive_callout_is_told_as_inactive_though_it_is_paused_too(as_admin, session, waiting, callout):
    as_admin.post(f"/admin/callouts/{callout.id}/pause")
    as_admin.post(f"/admin/callouts/{callout.id}/deactivate")
    page = as_admin.get(LIST_PAGE)
    assert rows(page)[0][3] == "Inactive Paused 1 waiting until it is active"
    assert list(row_menu(page, "Acme RMM")) == ["Edit", "Resume", "Activate", "Delete…"]
    assert "until it is activated and resumed" in said(as_admin.get(f"/admin/callouts/{callout.id}"))
    assert "Waiting, callout is inactive" in said(as_admin.get(f"/deliveries/{waiting}"))
    as_admin.post(f"/admin/callouts/{callout.id}/resume")
    assert "no longer paused, but it is inactive" in message(as_admin.get(LIST_PAGE))


def test_activating_one_that_is_paused_promises_nothing(as_admin, session, waiting, callout):
    as_admin.post(f"/admin/callouts/{callout.id}/pause")
    as_admin.post(f"/admin/callouts/{callout.id}/deactivate")
    as_admin.post(f"/admin/callouts/{callout.id}/activate")
    said_now = message(as_admin.get(LIST_PAGE))
    assert "“Acme RMM” is active, but it is paused: nothing is sent until it is resumed." in said_now
    assert "sent now" not in said_now


def test_sending_again_for_a_paused_callout_says_that_it_waits(as_admin, session, callout, waiting):
    as_admin.post(f"/deliveries/{waiting}/cancel")
    as_admin.post(f"/admin/callouts/{callout.id}/pause")
    as_admin.post(f"/deliveries/{waiting}/send-again")
    assert "Its callout is paused, so it waits until that is resumed." in message(
        as_admin.get(f"/deliveries/{waiting}")
    )


# a receiver that keeps failing


REASON = "HTTP 503 Service Unavailable from rmm.example: the receiver is in trouble."


@pytest.fixture
def failing(session, callout, waiting) -> Callout:
    callout.failing_since, callout.failing_reason = now() - timedelta(days=2), REASON
    session.commit()
    return callout


def test_a_failing_callout_is_shown_with_since_when_and_why(as_admin, session, failing):
    since = failing.failing_since
    page = as_admin.get(LIST_PAGE)
    text = rows(page)[0][3]
    assert text.startswith("Active Failing since ")
    assert text.endswith(f"{REASON} 1 waiting")
    (time,) = tree_of(page).xpath('//td[@data-label="Active"]//time')
    assert time.get("datetime") == since.isoformat()
    editor = said(as_admin.get(f"/admin/callouts/{failing.id}"))
    assert "This callout is failing since" in editor
    assert REASON in editor


def test_what_was_not_tried_yet_waits_behind_a_probe(as_admin, session, failing, waiting):
    page = said(as_admin.get(f"/deliveries/{waiting}"))
    assert "Waiting behind a probe" in page
    assert REASON in page
    assert "Waiting behind a probe" in said(as_admin.get("/deliveries"))


def test_what_was_tried_keeps_its_schedule_and_its_callout_s_number_of_tries(
    as_admin, session, failing, waiting
):
    delivery = session.get(Delivery, waiting)
    delivery.attempt_count, delivery.due_at = 1, int(now().timestamp()) + 30
    failing.resend_preset, failing.resend_seconds, failing.resend_limit = "custom", 30, 3
    session.commit()
    page = said(as_admin.get(f"/deliveries/{waiting}"))
    assert "Resending 2 of 4" in page
    assert "at most 4 per round" in page


# what an inactive callout would have sent


def test_what_was_skipped_is_told_where_it_can_be_found_and_sent(
    as_admin, session, ticket, callout, receiver, drain
):
    make_rule(session, callout, "Tell Acme")
    as_admin.post(f"/admin/callouts/{callout.id}/deactivate")
    skipped = complete(session, ticket)
    assert state_of(session, skipped) == "skipped"
    page = as_admin.get(LIST_PAGE)
    assert rows(page)[0][3] == "Inactive 1 skipped, which can still be sent"
    (link,) = tree_of(page).xpath('//td[@data-label="Active"]//a[contains(., "skipped")]/@href')
    assert [row[0] for row in rows(as_admin.get(link))] == [str(skipped)]
    editor = as_admin.get(f"/admin/callouts/{callout.id}")
    assert "One delivery was skipped. What was skipped can still be sent." in said(editor)
    assert link in tree_of(editor).xpath("//main//a/@href")
    assert "The callout was inactive when the rule fired." in said(as_admin.get(f"/deliveries/{skipped}"))
    as_admin.post(f"/admin/callouts/{callout.id}/activate")
    edit(as_admin, callout, url=receiver.url, password_action="remove", username="")
    as_admin.post(f"/deliveries/{skipped}/send-again")
    drain()
    assert state_of(session, skipped) == "delivered"
    assert "skipped" not in rows(as_admin.get(LIST_PAGE))[0][3]


# who may
