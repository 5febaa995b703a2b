"""Receivers are changed in one step each, and what came in before a change is kept as it was then."""

from dataclasses import replace

from mock_rmm.endpoints.endpoint import Answer, Arrival
from mock_rmm.endpoints.receiver import Receiver
from mock_rmm.endpoints.receivers import Receivers
from mock_rmm.receiving import Place, receive
from tests.mock_rmm.receivers.contracts import OWN, body, soap_receiver
from tests.mock_rmm.running import Mock


def test_a_receiver_is_renamed_in_one_step_or_stays_as_it_was():
    acme, other, moved = (Receiver(name, "soap", f"/callouts/{name}") for name in ("acme", "other", "moved"))
    receivers = Receivers((acme, other))
    before = receivers.version
    assert receivers.put(replace(moved, path=other.path), instead_of="acme") == other
    assert receivers.put(replace(other, path="/callouts/new"), instead_of="acme") == other
    assert receivers.put(replace(other, path="/callouts/new"), instead_of="") == other
    assert (receivers.get("acme"), receivers.version) == (acme, before)
    assert receivers.put(replace(moved, path=acme.path), instead_of="acme") is None
    assert (receivers.get("acme"), receivers.version) == (None, before + 1)
    assert [receiver.name for receiver in receivers.at(acme.path)] == ["moved"]


def test_a_request_is_kept_though_its_receiver_was_removed_while_its_body_came(mock: Mock):
    soap_receiver(mock)
    receivers = mock.rmm.receivers
    (acme,) = receivers.at("/callouts/acme")
    place = Place(acme, ("POST",), *OWN, mock.url)
    receivers.remove("acme")
    late = Arrival(method="PUT", path=acme.path, query="", headers=(), body=body(), content_type="text/xml")
    refused = Answer(405, b"This door takes POST.\n", "text/plain")
    assert receive(mock.rmm, place, late, refused).status in {401, 405}
    assert mock.last()["receiver"] == "acme"
    assert "http-method" in [finding["code"] for finding in mock.last()["findings"]]
