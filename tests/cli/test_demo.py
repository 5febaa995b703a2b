"""`portal demo` fills a demo portal, and no other."""

from portal import clock
from portal.desk.demo import MockRmm, make_demo
from portal.models import Company, Delivery, Ticket


def test_only_a_demo_portal_is_filled(session, run, admin, environ):
    session.commit()
    assert "no demo portal" in run("demo", "--tickets", 10).output
    make_demo(session(), MockRmm("http://127.0.0.1:8001", "rmm", "", ""), to=admin, now=clock.now())
    session.commit()
    filled = run("demo", "--tickets", 10)
    assert "Added 10 tickets" in filled.output
    assert (session.query(Ticket).count(), session.query(Delivery).count()) == (10, 40)
    session.add(Company(name="A customer"))
    session.commit()
    assert "no demo portal" in run("demo", "--tickets", 10).output
