"""mongoeco's engine in memory, with conflicts as MongoDB has them, and without its scans.

As published (4.11), a transaction fails at its commit when anything at all was committed meanwhile, and each insert
reads the whole collection to see whether it is unique. Here instead the second transaction that writes a document, or
claims a unique key, gets WriteConflict (112) with the label TransientTransactionError at once, and writes of different
documents do not disturb each other. It reaches into the package's internals, and so holds for the version that
requirements.txt pins.
"""

from dataclasses import dataclass, field

import mongoeco.engines.semantic_core as semantic_core
import mongoeco.engines.virtual_indexes as virtual_indexes
from mongoeco.core.identity import id_contains_numeric_value
from mongoeco.core.query_plan import AndCondition, EqualsCondition, OrCondition
from mongoeco.engines._memory_collection import MemoryIndexMap
from mongoeco.engines.memory import MemoryEngine, _MemoryIndexedCandidates, _MemoryPublication
from mongoeco.engines.virtual_indexes import document_in_virtual_index, query_can_use_index
from mongoeco.errors import OperationFailure

TRANSIENT = ("TransientTransactionError",)
WRITE_CONFLICT = 112


def failure(code, name, message, labels=()):
    return OperationFailure(message, code=code, details={"codeName": name}, error_labels=labels)


def write_conflict():
    return failure(WRITE_CONFLICT, "WriteConflict", "Write conflict: please retry the transaction", TRANSIENT)


@dataclass(eq=False)
class Holdings:
    """What one open transaction has written: (database, collection, key), and the unique keys it has claimed."""

    documents: set = field(default_factory=set)
    keys: set = field(default_factory=set)


class StrictMemoryEngine(MemoryEngine):
    def __init__(self):
        super().__init__()
        self._holdings = {}  # by the identity of a transaction's state
        self._writers = {}
        self._claims = {}

    # Transactions

    def _start_session_transaction(self, session):
        super()._start_session_transaction(session)
        self._holdings[id(self._mvcc_states[session.session_id])] = Holdings()

    def _commit_session_transaction(self, session):
        with self._meta_lock:
            state = self._mvcc_states.get(session.session_id)
            if state is not None and state.has_writes and state.snapshot_version != self._mvcc_version:
                self._move_to_present(state)
            super()._commit_session_transaction(session)
            self._release(state)

    def _abort_session_transaction(self, session):
        state = self._mvcc_states.get(session.session_id)
        super()._abort_session_transaction(session)
        self._release(state)

    def _release(self, state):
        holdings = self._holdings.pop(id(state), None)
        if holdings is not None:
            for document in holdings.documents:
                self._writers.pop(document, None)
            for key in holdings.keys:
                self._claims.pop(key, None)

    def _move_to_present(self, state):
        """Puts a transaction's own writes on top of what was committed since it began.

        Nobody else can have written the same documents or unique keys, so nothing can go wrong here.
        """
        holdings = self._holdings[id(state)]
        for database, name in state.touched_namespaces:
            live = self._storage.get(database, {}).get(name)
            if live is None:
                continue
            own = state.storage.get(database, {}).get(name, {})
            merged = live.copy()
            records = self._indexes.get(database, {}).get(name, [])
            maps = {key: value.copy() for key, value in self._index_data.get(database, {}).get(name, {}).items()}
            views = {"index_data_view": {database: {name: maps}}, "indexes_view": {database: {name: records}}}
            # Where the indexes look up the natural order of a document.
            self._publication_stack.append(_MemoryPublication({database: {name: merged}}, state))
            try:
                for key in [document[2] for document in holdings.documents if document[:2] == (database, name)]:
                    before, after = live.get(key), own.get(key)
                    if before is not None:
                        document = self._borrow_storage_document(before)
                        self._update_indexes_locked(database, name, key, document, action="delete", **views)
                    if after is not None:
                        merged[key] = after
                        document = self._borrow_storage_document(after)
                        self._update_indexes_locked(database, name, key, document, action="insert", **views)
                    elif before is not None:
                        del merged[key]
            finally:
                self._publication_stack.pop()
            state.storage.setdefault(database, {})[name] = merged
            for view, root, value in (
                (state.index_data, self._index_data, maps),
                (state.indexes, self._indexes, records),
                (state.collection_options, self._collection_options, None),
            ):
                if name in root.get(database, {}):
                    view.setdefault(database, {})[name] = root[database][name] if value is None else value
        state.snapshot_version = self._mvcc_version

    # Conflicts

    def _record_storage_undo_locked(self, collection, storage_key):
        """Both ways to change a document come through here first."""
        if self._document_undo_stack and self._publication_stack:
            journal, state = self._document_undo_stack[-1], self._publication_stack[-1].state
            document = (journal.db_name, journal.coll_name, storage_key)
            writer = self._writers.get(document)
            if writer is not None and writer is not state:
                raise write_conflict()
            if state is not None and writer is None:
                live = self._storage.get(journal.db_name, {}).get(journal.coll_name, {})
                if live.get(storage_key) is not collection.get(storage_key):
                    raise write_conflict()
                self._writers[document] = state
                self._holdings[id(state)].documents.add(document)
        super()._record_storage_undo_locked(collection, storage_key)

    def _purge_expired_documents_locked(self, db_name, coll_name, *, context=None, **options):
        # Expiry is no part of anyone's transaction.
        if context is not None and context.in_transaction:
            return 0
        return super()._purge_expired_documents_locked(db_name, coll_name, context=context, **options)

    def _ensure_unique_indexes(
        self,
        db_name,
        coll_name,
        candidate,
        *,
        exclude_storage_key=None,
        indexes_view=None,
        storage_view=None,
        index_data_view=None,
        check_id_storage=False,
        scan_payload_id=False,
    ):
        storage = self._storage if storage_view is None else storage_view
        indexes = (self._indexes if indexes_view is None else indexes_view).get(db_name, {}).get(coll_name, [])
        index_data = self._index_data if index_data_view is None else index_data_view
        state = None
        if storage is not self._storage:
            state = next((each for each in self._mvcc_states.values() if each.storage is storage), None)
        options = {
            "exclude_storage_key": exclude_storage_key,
            "storage_view": storage_view,
            "index_data_view": index_data_view,
        }
        # Only numbers can be equal and yet be kept under different keys.
        scan = scan_payload_id and id_contains_numeric_value(candidate.get("_id"))
        ids = {"check_id_storage": check_id_storage, "scan_payload_id": scan}
        super()._ensure_unique_indexes(db_name, coll_name, candidate, indexes_view={}, **ids, **options)
        collection = storage.get(db_name, {}).get(coll_name, {})
        excluded = exclude_storage_key
        if excluded is not None and excluded not in collection:
            excluded = self._storage_key(excluded)
        maps = index_data.get(db_name, {}).get(coll_name, {})
        for index in indexes:
            if not document_in_virtual_index(candidate, index):
                continue
            fields, members = index["fields"], maps.get(index["name"])
            if (
                not index.get("unique")
                or members is None
                or index.get("collation") is not None
                or any(self._array_paths_for_index_field(candidate, each) for each in fields)
            ):
                one = {db_name: {coll_name: [index]}}
                super()._ensure_unique_indexes(db_name, coll_name, candidate, indexes_view=one, **options)
                if not index.get("unique"):
                    continue
            for key in self._unique_index_keys(candidate, fields):
                found = () if members is None else members.get(key) or ()
                if any(each != excluded for each in found):
                    raise self._unique_key_error(
                        f"Duplicate key for unique index '{index['name']}': {fields}={key!r}",
                        f"{db_name}.{coll_name}",
                        candidate,
                        index=index,
                        conflict=key,
                    )
                self._claim(state, (db_name, coll_name), index["name"], key, found)

    def _indexed_candidate_storage_keys_for_plan_locked(self, indexes, index_data, query_plan, *, dialect, collation):
        """Also looks into unique indexes of several fields, when the query names a value for each of them."""
        found = super()._indexed_candidate_storage_keys_for_plan_locked(
            indexes, index_data, query_plan, dialect=dialect, collation=collation
        )
        if found is not None or collation is not None or not isinstance(query_plan, AndCondition):
            return found
        values = {
            clause.field: clause.value
            for clause in query_plan.clauses
            if isinstance(clause, EqualsCondition) and not isinstance(clause.value, list | dict | None)
        }
        for index in indexes:
            fields, members = index["fields"], index_data.get(index["name"])
            if (
                len(fields) > 1
                and index.get("unique")
                and isinstance(members, MemoryIndexMap)
                and all(each in values for each in fields)
                and query_can_use_index(index, query_plan, dialect=dialect, collation=collation)
            ):
                key = tuple(self._index_equality_key(values[each]) for each in fields)
                return _MemoryIndexedCandidates(members.get(key, set()), index_map=members, index_key=key)
        return None

    def _candidate_items_for_plan_locked(self, coll, query_plan, *, dialect, indexes, index_data, collation, **options):
        """Also goes by indexes where a query is an "or" of such that do; what is found is matched again."""
        views = {"dialect": dialect, "collation": collation}
        identity = self._direct_id_lookup_from_plan(query_plan)
        if identity is not None and not id_contains_numeric_value(identity) and self._storage_key(identity) not in coll:
            return []
        if isinstance(query_plan, OrCondition) and collation is None:
            keys = {}
            for clause in query_plan.clauses:
                identity = self._direct_id_lookup_from_plan(clause)
                if identity is not None and not id_contains_numeric_value(identity):
                    keys[self._storage_key(identity)] = None
                    continue
                found = self._indexed_candidate_storage_keys_for_plan_locked(indexes, index_data, clause, **views)
                if found is None:
                    break
                keys.update(dict.fromkeys(found.storage_keys))
            else:
                return [(key, coll[key]) for key in keys if key in coll]
        return super()._candidate_items_for_plan_locked(
            coll, query_plan, indexes=indexes, index_data=index_data, **views, **options
        )

    # Nobody follows the changes here, as change streams are not offered: they are counted, and not kept.
    @staticmethod
    def _change_payload(**_):
        return {}

    def _prepare_committed_changes_locked(self, payloads):
        sequence = self._commit_sequence + len(payloads)
        return sequence, [], sequence

    def _collection_options_snapshot_locked(self, db_name, coll_name, *, collection_options=None):
        # Without the copy: an option is replaced, never changed.
        options = self._collection_options if collection_options is None else collection_options
        return options.get(db_name, {}).get(coll_name, {})

    def _claim(self, state, namespace, index, key, found):
        claim = (*namespace, index, key)
        holder = self._claims.get(claim)
        if holder is not None and holder is not state:
            raise write_conflict()
        if state is None:
            return
        holdings = self._holdings[id(state)]
        live = self._index_data.get(namespace[0], {}).get(namespace[1], {}).get(index)
        for member in () if live is None else live.get(key) or ():
            # Committed after this transaction's snapshot, unless this transaction itself took it out.
            if member not in found and (*namespace, member) not in holdings.documents:
                raise write_conflict()
        self._claims[claim] = state
        holdings.keys.add(claim)


def compile_once(module, name, key):
    """Lets a module's compiling function work once for each input; key makes what tells two inputs apart."""
    compile_anew, compiled = getattr(module, name), {}

    def compile_known(argument, **options):
        known = (key(argument), repr(sorted((each, str(value)) for each, value in options.items())))
        if known not in compiled:
            # The input is kept as well: a key may be its identity.
            compiled[known] = (compile_anew(argument, **options), argument)
        return compiled[known][0]

    setattr(module, name, compile_known)


def validator_key(options):
    options = options or {}
    return id(options.get("validator")), options.get("validationLevel"), options.get("validationAction")


def compile_all_once():
    """Lets what validators and partial indexes say be compiled once, instead of with each write."""
    compile_once(virtual_indexes, "compile_filter", repr)
    compile_once(semantic_core, "compile_collection_validator", validator_key)
