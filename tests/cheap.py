"""Makes an app for each test cheap: what comes out the same for every app is kept from one to the next."""

import sqlite3
from collections.abc import Callable

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

_statements: LRUCache[object, object] = LRUCache(2000)


def prepare() -> None:
    """Begin; for the rest of the process."""
    Flask.jinja_options = {"bytecode_cache": _CompiledTemplates()}
    _keep_routes()
    _share_dialects()


def prepare_engine(engine: Engine) -> None:
    """Share compiled statements with other engines, and let SQLite not wait for the disk."""
    engine._compiled_cache = _statements
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _without_the_disk)


class _CompiledTemplates(BytecodeCache):
    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


def _keep_routes() -> None:
    """Werkzeug compiles two functions for each route of each app, which was half the time of a small test."""
    compile_builder = Rule._compile_builder
    builders: dict[object, Callable[..., tuple[str, str]]] = {}

    def compile_once(self: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = self.rule, tuple(self._trace), repr(self.defaults), append_unknown
        if key not in builders:
            builders[key] = compile_builder(self, append_unknown)
        return builders[key]

    Rule._compile_builder = compile_once


def _share_dialects() -> None:
    """Compiled statements are kept for a dialect, and each engine has its own: those of a kind count as one."""

    def kind(self: DefaultDialect) -> tuple[object, ...]:
        return type(self), self.dbapi, getattr(self, "server_version_info", None)

    DefaultDialect.__hash__ = lambda self: hash(kind(self))
    DefaultDialect.__eq__ = lambda self, other: self is other or kind(self) == kind(other)


def _without_the_disk(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")
