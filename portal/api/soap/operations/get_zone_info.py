"""getZoneInfo: where a user's web services are. There is one zone: this portal."""

from typing import Any

from flask import g
from sqlalchemy import select

from portal.api.credentials import ANSWERED
from portal.api.soap.call import Call, Parameters
from portal.api.soap.types import ATWSZoneInfo, Text
from portal.db.engine import db
from portal.db.sessions import reading
from portal.models import Resource
from portal.models.people import API_USER, fold_user_name

_FOUND, _NOT_FOUND = 0, -1


class GetZoneInfo:
    name = "getZoneInfo"
    is_open = True
    parameters: Parameters = (("UserName", Text),)
    result = ATWSZoneInfo

    def run(self, call: Call, /, *arguments: str | None) -> Any:
        (user_name,) = arguments
        with reading(db.engine) as session:
            query = select(Resource.id).filter_by(
                user_name_key=fold_user_name(user_name or ""), active=True, security_level=API_USER
            )
            known = session.scalar(query) is not None
        if not known:
            return ATWSZoneInfo(ErrorCode=_NOT_FOUND, CI=0)
        setattr(g, ANSWERED, True)
        return ATWSZoneInfo(
            URL=call.address, ErrorCode=_FOUND, DataBaseType="Production", CI=1, WebUrl=call.pages
        )
