"""What the pages of extension callouts don't show: two at once, and when workers are woken."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, select

from portal.callouts.fields import CalloutValues
from portal.clock import now
from portal.core.problems import Invalid, NotFound
from portal.db.services import services
from portal.desk.callout_values import Keep, Replace, Rotate
from portal.desk.callouts import delete_callout, save_callout, set_callout_active, set_callout_paused
from portal.desk.rule_checks import ActionValues, RuleValues
from portal.desk.rules import save_rule
from portal.models import Callout, CalloutRecipient, Udf
from portal.models.udf import TEXT
from tests.conftest import BOTH
from tests.desk.racing import while_open

VALUES = CalloutValues(name="Acme RMM", url="https://rmm.example/")
RULE = RuleValues("Tell Acme", events=(("edited", "anyone"),))


def save(session, values=VALUES, change=Keep(), callout_id=None) -> Callout:  # noqa: B008 - frozen
    given = services()
    return save_callout(
        session,
        callout_id,
        values,
        change,
        encrypt=given.credentials.encrypt,
        allowed=given.settings.allowed,
        now=now(),
    )


def refusal(act) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        act()
    return refused.value.problems


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_of_two_who_take_a_name_at_once_the_second_is_told(app, session):
    save(session())
    problems = refusal(lambda: while_open(app, session(), save))
    assert problems == {
        "name": "There is already an extension callout named “Acme RMM”. Choose another name."
    }
    assert len(session.scalars(select(Callout)).all()) == 1


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_field_that_is_deleted_during_the_save_is_told(app, session):
    udf = Udf(name="Alert ID", type=TEXT)
    session.add(udf)
    session.commit()
    udf_id = udf.id
    session.execute(delete(Udf))
    problems = refusal(lambda: while_open(app, session(), lambda s: save(s, replace(VALUES, udf_id=udf_id))))
    assert "does not exist" in problems["udf"]


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_callout_that_a_rule_takes_during_the_deletion_stays(app, session):
    callout_id = save(session()).id
    session.commit()
    rule = replace(RULE, actions=(ActionValues("execute_callout", callout_id),))
    save_rule(session(), None, rule, now=now())
    problems = refusal(
        lambda: while_open(app, session(), lambda s: delete_callout(s, callout_id, who="Ada", now=now()))
    )
    assert "1 workflow rule executes it: “Tell Acme”." in problems[""]
    assert session.get(Callout, callout_id) is not None


def test_what_is_gone_is_not_found(session):
    for act in (
        lambda: save(session(), callout_id=7),
        lambda: set_callout_active(session(), 7, active=True, now=now()),
        lambda: set_callout_paused(session(), 7, paused=True),
        lambda: delete_callout(session(), 7, who="Ada", now=now()),
    ):
        with pytest.raises(NotFound):
            act()


def test_activating_wakes_the_workers_and_saving_an_active_one_does_not(session, monkeypatch):
    rung = []
    monkeypatch.setattr("portal.desk.callouts.after_commit.ring_doorbell", rung.append)
    callout = save(session(), replace(VALUES, active=False))
    assert rung == []
    save(session(), VALUES, callout_id=callout.id)
    assert len(rung) == 1
    save(session(), VALUES, callout_id=callout.id)
    assert len(rung) == 1
    set_callout_active(session(), callout.id, active=False, now=now())
    assert len(rung) == 1
    set_callout_active(session(), callout.id, active=True, now=now())
    assert len(rung) == 2
    set_callout_paused(session(), callout.id, paused=True)
    assert len(rung) == 2
    set_callout_paused(session(), callout.id, paused=False)
    assert len(rung) == 3


def test_what_may_have_mended_a_failing_callout_has_it_tried_at_once(session):
    callout = save(session())
    mends = (
        lambda: save(session(), replace(VALUES, url="https://mended.example/"), callout_id=callout.id),
        lambda: set_callout_paused(session(), callout.id, paused=False),
        lambda: set_callout_active(session(), callout.id, active=True, now=now()),
    )
    for mend in mends:
        callout.failing_since, callout.failing_reason, callout.probe_at = now(), "HTTP 503", 2**31 - 1
        session.commit()
        mend()
        session.commit()
        assert callout.probe_at == 0
        assert callout.failing_since is not None, "only an answer says that it is well"


def test_a_password_is_in_no_text_of_a_change_or_a_refusal(session):
    change = Replace("s3cret")
    assert "s3cret" not in repr(change)
    assert "whsec_" not in repr(Rotate("whsec_s3cret"))
    assert "s3cret" not in str(refusal(lambda: save(session(), VALUES, change)))


def test_a_tick_of_an_address_that_was_emptied_since_goes_with_the_next_change(session, technician):
    values = replace(VALUES, recipients=frozenset({(technician.id, 1)}))
    callout = save(session(), values)
    technician.email1 = ""
    session.commit()
    save(session(), replace(values, name="Renamed"), callout_id=callout.id)
    session.commit()
    assert session.scalars(select(CalloutRecipient)).all() == []


def test_the_parameter_style_is_kept_for_the_format_that_has_one(session):
    strings = replace(VALUES, xml_rpc_parameters="strings")
    assert save(session(), strings).xml_rpc_parameters == "struct"
    other = replace(strings, name="Other", data_format="xml_rpc", method_name="m")
    assert save(session(), other).xml_rpc_parameters == "strings"
