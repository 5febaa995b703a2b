"""What is known of each entry without a query: its size, and the delivery that it is an attempt of."""

from collections import OrderedDict, deque
from collections.abc import Iterable


class Ledger:
    """Not for more than one thread at a time."""

    def __init__(
        self, *, most_entries: int, most_bytes: int, known: Iterable[tuple[int, int, str]] = ()
    ) -> None:
        self._most_entries = most_entries
        self._most_bytes = most_bytes
        # Ordered, since finding the oldest of a plain one gets slower and slower
        self._entries: OrderedDict[int, tuple[int, str]] = OrderedDict()
        self._deliveries: dict[str, deque[int]] = {}
        self._bytes = 0
        for entry_id, size, webhook_id in known:
            self.put(entry_id, size, webhook_id)

    def put(self, entry_id: int, size: int, webhook_id: str) -> None:
        known = self._entries.get(entry_id)
        if known is not None:
            self._bytes -= known[0]
        elif webhook_id:
            self._deliveries.setdefault(webhook_id, deque()).append(entry_id)
        self._entries[entry_id] = (size, webhook_id)
        self._bytes += size

    def drop(self) -> list[int]:
        """Drop the oldest until the rest is within bounds; return which."""
        dropped = []
        while len(self._entries) > self._most_entries or self._bytes > self._most_bytes:
            entry_id, (size, webhook_id) = self._entries.popitem(last=False)
            self._bytes -= size
            if webhook_id:
                attempts = self._deliveries[webhook_id]
                attempts.popleft()
                if not attempts:
                    del self._deliveries[webhook_id]
            dropped.append(entry_id)
        return dropped

    def attempts(self, webhook_id: str, limit: int) -> list[int]:
        return list(self._deliveries.get(webhook_id, ()))[-limit:]

    @property
    def oldest(self) -> int | None:
        return next(iter(self._entries), None)

    def clear(self) -> None:
        self._entries.clear()
        self._deliveries.clear()
        self._bytes = 0

    def __contains__(self, entry_id: int) -> bool:
        return entry_id in self._entries

    def __len__(self) -> int:
        return len(self._entries)
