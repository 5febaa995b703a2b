"""Sessions are for pages: a callout has none, and needn't pay for one."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface


class PageSessions(SecureCookieSessionInterface):
    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        # Asked before it is known which route takes the request
        if request.path.startswith("/callouts/"):
            return self.make_null_session(app)
        return super().open_session(app, request)
