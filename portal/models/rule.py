"""Workflow rules: events (ORed), conditions (ANDed), and actions in order."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.models.base import Base, Named
from portal.models.callout import Callout


class Rule(Named, Base):
    __tablename__ = "rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    last_fired_at: Mapped[datetime | None]

    events: Mapped[list["RuleEvent"]] = relationship(
        cascade="all, delete-orphan", order_by="RuleEvent.id", lazy="selectin"
    )
    conditions: Mapped[list["RuleCondition"]] = relationship(
        cascade="all, delete-orphan", order_by="RuleCondition.id", lazy="selectin"
    )
    actions: Mapped[list["RuleAction"]] = relationship(
        cascade="all, delete-orphan", order_by="RuleAction.id", lazy="selectin"
    )


class RuleEvent(Base):
    """``kind`` is a key of workflow.events.EVENTS; ``actor`` says by whom, a key of workflow.events.event.BY."""

    __tablename__ = "rule_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("rule.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    actor: Mapped[str] = mapped_column(String(20), default="anyone")


class RuleCondition(Base):
    """``field`` names a ticket field (tickets.fields) or "udf:<id>"; ``operands`` are its values."""

    __tablename__ = "rule_condition"

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("rule.id", ondelete="CASCADE"), index=True)
    field: Mapped[str] = mapped_column(String(50))
    operator: Mapped[str] = mapped_column(String(20))
    operands: Mapped[list[Any]] = mapped_column(JSON, default=list)


class RuleAction(Base):
    """``kind`` is a key of workflow.actions.ACTIONS, which declares the settings. A callout is a foreign key, so that
    it can't be deleted from under a rule; the other settings are in ``params``, by their names.
    """

    __tablename__ = "rule_action"

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("rule.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    callout_id: Mapped[int | None] = mapped_column(ForeignKey("callout.id"), index=True)
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    callout: Mapped[Callout | None] = relationship(lazy="joined")
