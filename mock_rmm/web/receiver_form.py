"""The form of a receiver."""

from typing import Any

from mock_rmm.api.receiver_input import ANY_KEYS, WantedReceiver
from mock_rmm.endpoints.kinds import KINDS, MODES
from mock_rmm.endpoints.receiver import STYLES, VERSIONS, Receiver
from mock_rmm.web.forms import ENDPOINT_LABELS, form_of

LABELS = {
    "door": ENDPOINT_LABELS,
    "mode": MODES,
    "versions": {each: f"SOAP {each}" for each in VERSIONS},
    "style": STYLES,
}


class ReceiverForm(form_of(WantedReceiver, labels=LABELS)):  # type: ignore[misc] # made of the type
    earlier: Receiver | None = None

    @classmethod
    def of(cls, receiver: Receiver | None) -> "ReceiverForm":
        """The form as it is shown first."""
        if receiver is None:
            return cls(formdata=None, data={"versions": VERSIONS})
        data = {**vars(receiver.contract), **vars(receiver), "door": receiver.endpoint}
        return cls(formdata=None, data=data)

    def given(self) -> dict[str, Any]:
        """What was filled in, without what the endpoint has no use for.

        Editing keeps the stored password unless another was typed, or the user name was removed.
        """
        kind = KINDS.get(self.door.data or "")
        keys = (*ANY_KEYS, *(kind.contract if kind else ()))
        given: dict[str, Any] = {key: self[key].data for key in keys if self[key].data or key == "versions"}
        if "versions" not in given:
            self.versions.data = list(VERSIONS)  # as at first, should another endpoint be chosen next
        kept = self.earlier.contract if self.earlier else None
        if kept and kept.username and kept.username == given.get("username") and "password" not in given:
            given["password"] = kept.password
        return given
