"""Resources: what is checked, who is never locked out, and what a changed address or password ends."""

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.core.problems import NotFound
from portal.desk import resource_checks, resources
from portal.desk.resource_checks import ResourceValues
from portal.models import CalloutRecipient, Resource
from portal.models.people import ADMINISTRATOR, API_USER, SECURITY_LEVELS, SERVICE_DESK
from tests.conftest import BOTH, PASSWORD, authenticate, make_resource
from tests.desk.making import HOSTILE, make_callout, refused
from tests.transactions import quick_hash

NOBODY = 0
TESS = {"first_name": "Tess", "last_name": "Technician", "user_name": "tess", "security_level": SERVICE_DESK}


def values_of(resource: Resource, **changes) -> ResourceValues:
    kept = {name: getattr(resource, name) for name in ("first_name", "last_name", "user_name")}
    kept |= {name: getattr(resource, name) for name in ("security_level", "active", "time_zone")}
    emails = (resource.email1, resource.email2, resource.email3)
    return ResourceValues(**kept | {"emails": emails} | changes)


def save(session, resource_id=None, values=None, *, by=NOBODY, **changes) -> resources.Saved:
    values = values or ResourceValues(**TESS | changes)
    hashed = quick_hash(values.password) if values.password else ""
    saved = resources.save_resource(session(), resource_id, values, by=by, password_hash=hashed)
    session.commit()
    return saved


def refusal(session, resource_id=None, values=None, *, by=NOBODY, **changes) -> dict[str, str]:
    values = values or ResourceValues(**TESS | changes)
    return refused(resources.save_resource, session(), resource_id, values, by=by)


@pytest.mark.parametrize("level", SECURITY_LEVELS)
def test_a_resource_of_each_level_is_saved_and_can_sign_in(session, level):
    emails = (" tess@example.com ", "", "oncall@example.com")
    row = save(
        session, security_level=level, emails=emails, password=PASSWORD, time_zone="Europe/Berlin"
    ).resource
    assert (row.email1, row.email2, row.email3) == ("tess@example.com", "", "oncall@example.com")
    assert authenticate(session(), "TESS", PASSWORD) is row


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_name_that_can_not_be_kept_is_refused_beside_its_field(subtests, session):
    for field in ["first_name", "last_name", "user_name"]:
        for text in HOSTILE.values():
            with subtests.test(field=field, text=text):
                assert set(refusal(session, **{field: text})) == {field}


def test_a_user_name_can_be_typed_sent_and_found(subtests, session):
    for user_name, said in [
        ("te\u200bss", "invisible character"),
        ("te:ss", "colon"),
        ("ﬃ" * 100, "too long"),
        ("x" * 101, "101 characters; at most 100"),
    ]:
        with subtests.test(user_name=user_name, said=said):
            assert said in refusal(session, user_name=user_name)["user_name"]


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_no_two_resources_have_one_user_name_whatever_its_capitals(session):
    row = save(session, user_name="groß").resource
    session.commit()
    for same in ("GROß", "gross", " Groß "):
        assert "capitals don't count" in refusal(session, user_name=same)["user_name"]
        assert save(session, row.id, values_of(row, user_name=same)).resource.user_name == same.strip()
        session.commit()


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_of_two_that_take_one_user_name_at_once_the_second_is_told(session, monkeypatch):
    save(session)
    monkeypatch.setattr(resource_checks, "problems", lambda *_, **__: {})
    assert "Another resource" in refusal(session, user_name="Tess")["user_name"]
    monkeypatch.undo()
    assert save(session, user_name="tom").resource.id


def test_each_address_is_checked_and_entered_once(session):
    problems = refusal(session, emails=("ada@", "ada@example.com", "ADA@example.com"))
    assert set(problems) == {"email1", "email3"}
    assert problems["email3"].startswith("This is the second address again.")


def test_an_unknown_time_zone_is_refused(subtests, session):
    for zone in ["", "Mars/Olympus", "../etc/passwd", "\x00", "\ud800", "x" * 10_000, "America"]:
        with subtests.test(zone=zone):
            assert refusal(session, time_zone=zone) == {"time_zone": "Choose a time zone from the list."}


def test_an_unknown_level_is_refused(session):
    assert "Choose one of: Administrator" in refusal(session, security_level="root")["security_level"]


def test_a_short_or_endless_password_is_refused(session):
    assert refusal(session, password="short") == {"password": "Use at least 8 characters."}
    assert refusal(session, password="x" * 10_000) == {"password": "Use at most 256 characters."}


def test_an_api_user_needs_a_password(session):
    assert "Enter one." in refusal(session, security_level=API_USER)["password"]
    row = save(session, security_level=API_USER, password=PASSWORD).resource
    # the stored one is enough later
    assert save(session, row.id, values_of(row, first_name="Tom")).resource.first_name == "Tom"


def test_a_technician_without_a_password_becomes_an_api_user_only_with_one(session):
    row = save(session).resource
    assert "Enter one." in refusal(session, row.id, values_of(row, security_level=API_USER))["password"]


def test_the_password_is_not_in_the_values_text():
    assert PASSWORD not in repr(ResourceValues(**TESS, password=PASSWORD))


def test_nobody_inactivates_themselves_or_takes_their_own_level_away(session, admin):
    make_resource(session, ADMINISTRATOR)
    problem = refused(resources.set_resource_active, session(), admin.id, active=False, by=admin.id)[""]
    assert problem == "You can't inactivate yourself. Another administrator can."
    values = values_of(admin, active=False, security_level=SERVICE_DESK)
    assert set(refusal(session, admin.id, values, by=admin.id)) == {"active", "security_level"}


def test_ones_own_password_is_not_set_without_the_current_one(session, admin):
    problem = refusal(session, admin.id, values_of(admin, password="another password"), by=admin.id)
    assert "My profile" in problem["password"]


def test_the_last_active_administrator_stays_one(session, admin):
    gone = make_resource(session, ADMINISTRATOR, active=False)
    by = make_resource(session, SERVICE_DESK).id
    assert (
        "last active Administrator"
        in refused(resources.set_resource_active, session(), admin.id, active=False, by=by)[""]
    )
    inactive = refusal(session, admin.id, values_of(admin, active=False), by=by)
    assert "last active Administrator" in inactive["active"]
    for level in (SERVICE_DESK, API_USER):
        lowered = refusal(session, admin.id, values_of(admin, security_level=level), by=by)
        assert "last active Administrator" in lowered["security_level"]
    # with a second one it is allowed
    resources.set_resource_active(session(), gone.id, active=True, by=by)
    assert not resources.set_resource_active(session(), admin.id, active=False, by=by).active


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_two_administrators_can_not_switch_each_other_off_at_once(app, session, admin):
    other = make_resource(session, ADMINISTRATOR)
    ids = admin.id, other.id
    session.remove()
    engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    with Session(engine) as first, Session(engine) as second:
        resources.set_resource_active(first, ids[1], active=False, by=ids[0])
        second.connection().exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
        with pytest.raises(OperationalError, match="lock timeout"):
            resources.set_resource_active(second, ids[0], active=False, by=ids[1])
        second.rollback()
        first.commit()
        problem = refused(resources.set_resource_active, second, ids[0], active=False, by=ids[1])
        assert "last active Administrator" in problem[""]
    engine.dispose()


def test_an_emptied_address_loses_its_ticks_and_the_others_stay(session, admin):
    row = save(session, emails=("tess@example.com", "second@example.com", "")).resource
    both = make_callout(session, "Both", told=[(row, 1), (row, 2), (admin, 1)])
    make_callout(session, "First", told=[(row, 1)])
    make_callout(session, "Second", told=[(row, 2)])
    saved = save(session, row.id, values_of(row, emails=("tess@example.com", "", "")))
    assert [each.name for each in saved.unticked] == ["Both", "Second"]
    left = {(each.callout_id, each.resource_id, each.slot) for each in session.query(CalloutRecipient)}
    assert {(resource, slot) for callout, resource, slot in left if callout == both.id} == {
        (row.id, 1),
        (admin.id, 1),
    }
    assert [each.name for each in resources.callouts_by_slot(session(), row.id)[1]] == ["Both", "First"]
    assert resources.callouts_by_slot(session(), row.id)[2] == []


def test_a_changed_address_keeps_its_ticks(session):
    row = save(session, emails=("tess@example.com", "", "")).resource
    make_callout(session, told=[(row, 1)])
    assert save(session, row.id, values_of(row, emails=("new@example.com", "", ""))).unticked == []
    assert session.query(CalloutRecipient).count() == 1


def test_ones_own_password_needs_the_current_one(session, technician):
    change, new = resources.change_own_password, quick_hash("another password")
    for current, password_hash in ((technician.password_hash, ""), ("that of another moment", new)):
        wrong = refused(change, session(), technician.id, current, password_hash)
        assert "not your current password" in wrong["current"]
    change(session(), technician.id, technician.password_hash, new)
    assert authenticate(session(), technician.user_name, "another password") is technician


def test_ones_own_time_zone_is_checked(session, technician):
    assert resources.set_own_time_zone(session(), technician.id, "Asia/Tokyo").time_zone == "Asia/Tokyo"
    assert set(refused(resources.set_own_time_zone, session(), technician.id, "Nowhere")) == {"time_zone"}


def test_a_resource_that_is_gone_is_not_found(session):
    with pytest.raises(NotFound):
        resources.set_resource_active(session(), 4711, active=True, by=NOBODY)
