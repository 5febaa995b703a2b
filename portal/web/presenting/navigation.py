"""The left navigation: what is where, and who sees it."""

from dataclasses import dataclass

from flask import current_app
from flask_login import current_user


@dataclass(frozen=True, slots=True)
class Item:
    label: str
    endpoint: str
    icon: str

    @property
    def blueprint(self) -> str:
        return self.endpoint.partition(".")[0]


MAIN = (
    Item("Home", "home.index", "house"),
    Item("Dashboard", "dashboard.index", "graph-up"),
    Item("Tickets", "tickets.index", "ticket-detailed"),
    Item("Deliveries", "deliveries.index", "send"),
)
ADMIN = (
    Item("Extension callouts", "callouts.index", "broadcast-pin"),
    Item("Workflow rules", "rules.index", "diagram-3"),
    Item("User-defined fields", "udfs.index", "input-cursor-text"),
    Item("Resources", "resources.index", "people"),
    Item("Companies", "companies.index", "building"),
    Item("Lists", "lists.index", "list-ul"),
    Item("Mail", "mail.index", "envelope"),
)


def visible() -> list[tuple[str, list[Item]]]:
    """Return the sections of the navigation for whoever is signed in; ones that don't exist are left out."""
    sections: list[tuple[str, tuple[Item, ...]]] = [("", MAIN)]
    if current_user.is_admin:
        sections.append(("Admin", ADMIN))
    known = current_app.view_functions
    return [(title, [item for item in items if item.endpoint in known]) for title, items in sections]
