"""The types of the web services API 1.6, as Spyne describes them in the WSDL and writes them in answers.

An entity's own fields have no type in the WSDL, so each value in an answer says its own (``xsi:type``).
"""

from collections.abc import Mapping
from typing import Any

from portal.api.entities import ENTITIES
from portal.api.entities.entity import Entity
from portal.api.soap import spyne_compat  # noqa: F401 - must come before Spyne

from spyne import AnyXml, Array, ComplexModel, Integer32, Long, Unicode  # isort: skip

NAMESPACE = "http://autotask.net/ATWS/v1_6/"

Text = Unicode(min_occurs=0)
Number = Integer32(min_occurs=1)
Untyped = AnyXml(min_occurs=0)


def _array_of(model: Any) -> Any:
    return Array(model, type_name=f"ArrayOf{model.get_type_name()}", min_occurs=0)


class _Model(ComplexModel):  # type: ignore[misc] # Spyne has no types
    __namespace__ = NAMESPACE


class AutotaskIntegrations(_Model):
    """The header that clients send with every call. Any code is taken, and nobody is impersonated."""

    PartnerID = Text
    IntegrationCode = Text
    ImpersonateAsResourceID = Long(min_occurs=0)


class UserDefinedField(_Model):
    Name = Text
    Value = Untyped


class EntityType(_Model):
    __type_name__ = "Entity"

    Fields = Untyped
    id = Long(min_occurs=0)
    UserDefinedFields = _array_of(UserDefinedField)


ArrayOfEntity = _array_of(EntityType)


class ATWSError(_Model):
    Message = Text


class DuplicateStatus(_Model):
    Found = Text
    MatchInfo = Text
    Ignored = Text


class EntityReturnInfo(_Model):
    EntityId = Long(min_occurs=0)
    DatabaseAction = Text
    DuplicateStatus = DuplicateStatus.customize(min_occurs=0)
    Message = Text


class ATWSResponse(_Model):
    ReturnCode = Number
    EntityResults = ArrayOfEntity
    EntityResultType = Text
    Errors = _array_of(ATWSError)
    EntityReturnInfoResults = _array_of(EntityReturnInfo)


class ATWSZoneInfo(_Model):
    URL = Text
    ErrorCode = Number
    DataBaseType = Text
    CI = Number
    WebUrl = Text


def _type_of(entity: Entity) -> Any:
    fields = {field.name: Untyped for field in entity.fields if field.name != "id"}
    return type(entity.name, (EntityType,), {"__namespace__": NAMESPACE, "_type_info": list(fields.items())})


TYPES: Mapping[str, Any] = {name: _type_of(entity) for name, entity in ENTITIES.items()}
