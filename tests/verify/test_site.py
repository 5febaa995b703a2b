"""What drives the stack from outside keeps no connection that the other side may be closing."""

from portal.verify.site import Site
from tests.receiver import listening


def test_a_request_asks_for_its_connection_to_be_closed():
    """gunicorn closes one that was idle for two seconds, and resets a request that is just then on its way."""
    with listening() as receiver:
        assert Site(receiver.url).answers()
    assert receiver.got[0].headers["Connection"] == "close"
