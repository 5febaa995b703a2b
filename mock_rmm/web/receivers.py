"""The pages of the receivers: the list, each on a page of its own, and the editor."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from mock_rmm.api.receivers import taken_words, url_of, username_of, wsdl_of
from mock_rmm.endpoints.receiver import MODES, Receiver
from mock_rmm.endpoints.receivers import BUILT_IN, editor_remarks, editor_values
from mock_rmm.rmm import current_rmm
from mock_rmm.web.forms import Page, ReceiverForm, found

blueprint = Blueprint("receivers", __name__, url_prefix="/receivers")


@blueprint.get("/")
def listing() -> Page:
    receivers = current_rmm().receivers.all()
    return render_template(
        "receivers.html",
        own=[receiver for receiver in receivers if receiver.name not in BUILT_IN],
        built_in=[receiver for receiver in receivers if receiver.name in BUILT_IN],
        MODES=MODES,
        url_of=url_of,
    )


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> Page:
    return _edit(None)


@blueprint.get("/<name>")
def one(name: str) -> Page:
    receiver = found(current_rmm().receivers.get(name))
    return render_template(
        "receiver.html",
        receiver=receiver,
        built_in=name in BUILT_IN,
        url=url_of(receiver),
        wsdl=wsdl_of(receiver),
        username=username_of(receiver),
        values=editor_values(receiver, url_of(receiver), username_of(receiver)),
        MODES=MODES,
        remarks=editor_remarks(receiver),
    )


@blueprint.route("/<name>/edit", methods=["GET", "POST"])
def edit(name: str) -> Page:
    return _edit(_own(name))


@blueprint.post("/<name>/remove")
def remove(name: str) -> Page:
    current_rmm().receivers.remove(_own(name).name)
    flash(f"The receiver {name} is removed.")
    return redirect(url_for("receivers.listing"))


def _edit(earlier: Receiver | None) -> Page:
    if request.method != "POST":
        return _editor(ReceiverForm.of(earlier), earlier)
    form = ReceiverForm()
    form.earlier = earlier
    wanted = form.read()
    if wanted is None:
        return _editor(form, earlier), 422
    receiver = wanted.receiver()
    other = current_rmm().receivers.put(receiver, instead_of=earlier.name if earlier is not None else "")
    if other is not None:
        same = other.name == receiver.name
        taken = {"name": f"There is a receiver {other.name} already: take another name."}
        form.blame(taken if same else {"path": taken_words(other)})
        return _editor(form, earlier), 422
    flash(f"The receiver {receiver.name} listens at {receiver.path}.")
    return redirect(url_for("receivers.one", name=receiver.name))


def _editor(form: ReceiverForm, earlier: Receiver | None) -> str:
    if earlier is not None and earlier.contract.password:
        form.password.description = "One is stored. Leave this empty to keep it"
    return render_template("receiver_editor.html", form=form, earlier=earlier)


def _own(name: str) -> Receiver:
    if name in BUILT_IN:
        abort(404)
    return found(current_rmm().receivers.get(name))
