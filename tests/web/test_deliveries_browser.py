"""A delivery's page in a browser: live, side by side, and without JavaScript."""

import json

from playwright.sync_api import Page, expect
from sqlalchemy import update

from portal import clock
from portal.models import Delivery
from tests.receiver import Answer
from tests.web.browser import enter, look_over
from tests.web.delivering import complete

XML = {"Content-Type": "text/xml; charset=utf-8"}


def test_in_a_browser_a_delivery_arrives_by_itself(
    page: Page, session, technician, ticket, callout, receiver, drain
):
    receiver.answers = [
        Answer(503, b"<h1>busy</h1>", {"Content-Type": "text/html"}),
        Answer(200, b'{"ok":true}'),
    ]
    delivery_id = complete(session, ticket)
    enter(page, technician)
    page.goto(f"/deliveries/{delivery_id}")
    expect(page.locator(".standing")).to_contain_text("as soon as a worker is free")
    drain()
    expect(page.locator(".standing")).to_contain_text("Resending 2 of 11")
    page.locator("#attempt-1-as-curl summary").click()
    expect(page.locator("#attempt-1-curl")).to_contain_text("curl --globoff --path-as-is --request POST")
    session.execute(update(Delivery).values(due_at=int(clock.now().timestamp()) - 1))
    session.commit()
    drain()
    expect(page.locator(".standing")).to_contain_text("Delivered")
    expect(page.locator("#attempt-2-answer-body-pretty")).to_have_text(json.dumps({"ok": True}, indent=2))
    # what was opened stays open, also when the part around it is replaced
    expect(page.locator("#attempt-1-curl")).to_be_visible()
    look_over(page)
    page.once("dialog", lambda dialog: dialog.accept())
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator("#send-again").click()
    expect(page.locator("#messages")).to_contain_text("is sent again")
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("#cancel").click()
    expect(page.locator("#messages")).to_contain_text("was cancelled")
    page.goto("/deliveries")
    look_over(page)


def test_request_and_answer_stand_side_by_side_on_wide_pages(
    page: Page, session, technician, ticket, callout, receiver, drain
):
    delivery_id = complete(session, ticket)
    drain()
    enter(page, technician)
    for width, beside in ((1280, True), (1200, True), (1100, False), (390, False)):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"/deliveries/{delivery_id}")
        left, right = (each.bounding_box() for each in page.locator(".side").all())
        assert (right["x"] > left["x"]) is beside, width
        assert (right["y"] > left["y"]) is not beside, width


def test_without_javascript_a_delivery_is_read_and_sent_again(
    plain_page: Page, session, technician, ticket, callout, receiver, drain
):
    delivery_id = complete(session, ticket)
    drain()
    enter(plain_page, technician)
    plain_page.goto(f"/deliveries/{delivery_id}")
    plain_page.locator("#attempt-1-request-body-as-is summary").click()
    expect(plain_page.locator("#attempt-1-request-body-raw")).to_contain_text("id=")
    plain_page.locator("#send-again").click()
    expect(plain_page.locator("#messages")).to_contain_text("is sent again")
