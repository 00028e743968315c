"""mongoeco's server of the wire protocol, with transactions as a replica set has them.

As published (4.11), numbers of transactions are not looked at, and an error leaves its transaction open. Here instead:

- an error ends its transaction, and a statement of one that is not open is NoSuchTransaction (251);
- a write with a transaction number is done once, however often it is sent;
- a read with the read concern "snapshot" outside a transaction is of one snapshot, and names its time;
- a transaction that nobody ends is aborted when it is too old.
"""

import asyncio
import collections
import time
from dataclasses import dataclass, field, replace

import mongoeco.wire.handshake as handshake
import mongoeco.wire.proxy as proxy
from mongoeco.errors import OperationFailure
from mongoeco.types import Timestamp
from mongoeco.wire._session_identity import wire_session_key
from mongoeco.wire.sessions import WireSessionContext
from strict_engine import TRANSIENT, WRITE_CONFLICT, StrictMemoryEngine, compile_all_once, failure, write_conflict

RETRYABLE = ("insert", "update", "delete", "findAndModify")
# How long a write outside of transactions waits for one that holds its document, in seconds.
PLAIN_WRITE_PATIENCE = 5.0
# How many snapshots are kept for reads that come back to them.
SNAPSHOTS = 256


def transaction_number(body):
    number = body.get("txnNumber")
    return getattr(number, "value", number)


def no_such_transaction(number):
    return failure(251, "NoSuchTransaction", f"Transaction {number} is not in progress", TRANSIENT)


@dataclass
class Numbered:
    """The newest transaction, or retryable write, of one session."""

    number: int
    state: str = "open"
    began: float = field(default_factory=time.monotonic)
    reply: dict | None = None


class StrictSessionStore(proxy.WireSessionStore):
    def __init__(self):
        super().__init__()
        self.numbered = {}

    def resolve_for_command(self, client, body, *, capability):
        if not capability.binds_session or body.get("lsid") is None:
            return None
        key = wire_session_key(body["lsid"])
        context = self._sessions.get(key)
        if context is None or not context.session.active:
            context = self._sessions[key] = WireSessionContext(key=key, session=client.start_session())
        session, number = context.session, transaction_number(body)
        if body.get("autocommit") is not False:
            return None if session.transaction_active else session
        if capability.kind in ("commit_transaction", "abort_transaction"):
            return session
        newest = self.numbered.get(key)
        if body.get("startTransaction") is True:
            if newest is not None and number <= newest.number:
                message = f"Transaction {number} is not newer than {newest.number}"
                raise failure(225, "TransactionTooOld", message, TRANSIENT)
            self._end(key, "aborted")
            session.start_transaction()
            self.numbered[key] = Numbered(number)
        elif newest is None or newest.number != number or newest.state != "open":
            raise no_such_transaction(number)
        return session

    def _end(self, key, state):
        context, newest = self._sessions.get(key), self.numbered.get(key)
        if context is None or newest is None or newest.state != "open":
            return
        if context.session.active and context.session.transaction_active:
            if state == "committed":
                context.session.commit_transaction()
            else:
                context.session.abort_transaction()
        newest.state = state

    def commit_transaction(self, body):
        self._require_session(body)
        key, number = wire_session_key(body["lsid"]), transaction_number(body)
        newest = self.numbered.get(key)
        if newest is None or newest.number != number or newest.state == "aborted":
            raise no_such_transaction(number)
        self._end(key, "committed")
        return {"ok": 1.0}

    def abort_transaction(self, body):
        self._require_session(body)
        key, number = wire_session_key(body["lsid"]), transaction_number(body)
        newest = self.numbered.get(key)
        if newest is None or newest.number != number or newest.state == "aborted":
            raise no_such_transaction(number)
        if newest.state == "committed":
            raise failure(256, "TransactionCommitted", f"Transaction {number} has been committed")
        self._end(key, "aborted")
        return {"ok": 1.0}

    def end_sessions(self, session_specs):
        for spec in session_specs if isinstance(session_specs, list) else ():
            key = wire_session_key(spec)
            self._end(key, "aborted")
            self.numbered.pop(key, None)
        return super().end_sessions(session_specs)

    def abort_open(self, body):
        self._end(wire_session_key(body["lsid"]), "aborted")

    def abort_older_than(self, seconds):
        limit = time.monotonic() - seconds
        for key, newest in list(self.numbered.items()):
            if newest.state == "open" and newest.reply is None and newest.began < limit:
                self._end(key, "aborted")


class StrictExecutor(proxy.WireCommandExecutor):
    def __init__(self, client, cursor_store, session_store, **options):
        super().__init__(client, cursor_store, session_store, **options)
        self._strict_sessions = session_store
        self._snapshots = collections.OrderedDict()
        self._last_snapshot = Timestamp(0, 0)

    async def execute_prepared(self, context):
        body = context.raw_body
        if context.capability.kind != "passthrough":
            return await super().execute_prepared(context)
        if body.get("autocommit") is False:
            return await self._in_transaction(context)
        if body.get("txnNumber") is not None and context.command_name in RETRYABLE:
            return await self._once(context)
        if (context.command_document.get("readConcern") or {}).get("level") == "snapshot":
            return await self._at_snapshot(context)
        return await self._patiently(context)

    async def _in_transaction(self, context):
        try:
            result = await super().execute_prepared(context)
        except BaseException:
            self._strict_sessions.abort_open(context.raw_body)
            raise
        errors = result.get("writeErrors")
        if errors:
            self._strict_sessions.abort_open(context.raw_body)
            if any(error.get("code") == WRITE_CONFLICT for error in errors):
                raise write_conflict()
        return result

    async def _patiently(self, context):
        """A write outside of transactions waits until the documents it needs are free."""
        deadline = time.monotonic() + PLAIN_WRITE_PATIENCE
        while True:
            try:
                result = await super().execute_prepared(context)
                errors = result.get("writeErrors") or [{}]
                if errors[0].get("code") != WRITE_CONFLICT or result.get("n") or time.monotonic() > deadline:
                    return result
            except OperationFailure as error:
                if error.code != WRITE_CONFLICT or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.002)

    async def _once(self, context):
        key, number = wire_session_key(context.raw_body["lsid"]), transaction_number(context.raw_body)
        newest = self._strict_sessions.numbered.get(key)
        if newest is not None and newest.number == number and newest.reply is not None:
            return newest.reply
        result = await self._patiently(context)
        self._strict_sessions.numbered[key] = Numbered(number, state="written", reply=result)
        return result

    async def _at_snapshot(self, context):
        at = context.command_document["readConcern"].get("atClusterTime")
        if at is None:
            now = int(time.time())
            last = self._last_snapshot
            at = self._last_snapshot = Timestamp(now, last.inc + 1 if last.time == now else 1)
            session = self._client.start_session()
            session.start_transaction()
            self._snapshots[at.time, at.inc] = session
            while len(self._snapshots) > SNAPSHOTS:
                self._snapshots.popitem(last=False)[1].abort_transaction()
        else:
            session = self._snapshots.get((at.time, at.inc))
            if session is None:
                raise failure(239, "SnapshotTooOld", "The snapshot is no longer there")
        result = await super().execute_prepared(replace(context, session=session))
        (result.get("cursor") or result)["atClusterTime"] = at
        return result


def make_server(host, port):
    compile_all_once()
    proxy.WireSessionStore = StrictSessionStore
    proxy.WireCommandExecutor = StrictExecutor
    return proxy.AsyncMongoEcoProxyServer(engine=StrictMemoryEngine(), host=host, port=port)


def pretend_replica_set(name, address):
    """Lets the server greet as the one member, and primary, of a replica set."""
    build = handshake.WireHandshakeService.build_hello_response

    def build_hello_response(self, **arguments):
        member = {"setName": name, "setVersion": 1, "hosts": [address], "primary": address, "me": address}
        return {**build(self, **arguments), **member, "secondary": False}

    handshake.WireHandshakeService.build_hello_response = build_hello_response


async def abort_old_transactions(server, seconds):
    while True:
        await asyncio.sleep(min(1.0, seconds / 4))
        server._session_store.abort_older_than(seconds)
