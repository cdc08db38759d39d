"""Chunks that are filled item by item."""

from __future__ import annotations

from traceback import extract_tb

from dynamorm.data.batches import DeleteRequest, PutRequest
from dynamorm.data.values import Item
from dynamorm.exceptions import InvalidValue
from dynamorm.operate.transfers.chunks import CHUNK_BYTES, CHUNK_ITEMS, Chunk, Entry, Place, Position, Refused
from dynamorm.operate.transfers.selections import Selection


class ChunkBuilder:
    """Fills chunks of requests to a *table* with what a *selection* chooses."""

    def __init__(self, table: str, selection: Selection) -> None:
        self._table = table
        self._selection = selection
        self._take_all = selection.is_everything
        self._begin()

    def _begin(self) -> None:
        self._entries: list[Entry] = []
        self._refused: list[Refused] = []
        self._left_out = 0
        self._bytes = 0

    @property
    def count(self) -> int:
        """How many items were read for the present chunk."""
        return len(self._entries) + len(self._refused) + self._left_out

    @property
    def is_full(self) -> bool:
        """Whether the present chunk is to be taken."""
        # What is left out counts as well: a position is saved after a while, however rare the chosen items are.
        return len(self._entries) >= CHUNK_ITEMS or self._bytes >= CHUNK_BYTES or self._left_out >= 10 * CHUNK_ITEMS

    def put(self, item: Item, origin: bytes | Item, place: Place | None = None) -> None:
        """Add an *item* that is to be written, if it is chosen."""
        if not self._take_all:
            try:
                chosen = self._selection.chosen(item)
            except InvalidValue as error:
                self._refused.append(Refused(origin, place, error))
                return
            except Exception as error:
                where = f"the item of {place}" if place else "an item of the table"
                error.add_note(
                    f"This was raised{_line_of(error)} while {where} was selected or changed. The items before it were "
                    "kept."
                )
                raise
            if chosen is None:
                self._left_out += 1
                return
            item = chosen
        self._entries.append(Entry(PutRequest(self._table, item), origin, place))
        self._bytes += len(origin) if type(origin) is bytes else 0

    def delete(self, key: Item, origin: bytes, place: Place) -> None:
        """Add the *key* of an item that is to be deleted."""
        self._entries.append(Entry(DeleteRequest(self._table, key), origin, place))
        self._bytes += len(origin)

    def refuse(self, origin: bytes | Item, place: Place | None, error: InvalidValue) -> None:
        """Add an item that can't be written because of an *error*."""
        self._refused.append(Refused(origin, place, error))

    def take(self, position: Position | None, filtered: int = 0) -> Chunk:
        """Return the present chunk, behind which the source continues at a *position*, and begin another one.

        So many more items as were *filtered* by the source are left out.
        """
        chunk = Chunk(
            tuple(self._entries), self.count + filtered, self._left_out + filtered, tuple(self._refused), position
        )
        self._begin()
        return chunk


def _line_of(error: Exception) -> str:
    """Return where in the program's own function an *error* was raised, with a blank before it."""
    # The first frames are those of the builder and of the selection.
    frames = extract_tb(error.__traceback__)[2:3]
    return "".join(f" in {each.filename}, line {each.lineno}, in {each.name}," for each in frames)
