"""A program that is driven from outside, by HTTP only."""

import requests


class Site:
    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        # seconds lie between requests, and gunicorn closes a connection that was idle for two: a request that
        # is just then on its way is reset
        self._session.headers["Connection"] = "close"

    def answers(self) -> bool:
        try:
            return self._session.get(f"{self._url}/healthz", timeout=2).ok
        except requests.RequestException:
            return False
