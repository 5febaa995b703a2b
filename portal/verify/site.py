"""A program that is driven from outside, by HTTP only."""

import requests


class Site:
    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False

    def answers(self) -> bool:
        try:
            return self._session.get(f"{self._url}/healthz", timeout=2).ok
        except requests.RequestException:
            return False
