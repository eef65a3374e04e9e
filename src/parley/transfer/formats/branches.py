"""Order untrusted nodes with parent pointers: parents first, no cycle, none lost. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from parley.transfer.reporting import Warnings
from parley.values import identifier, mapping, sequence

T = TypeVar("T")


@dataclass(slots=True)
class Node(Generic[T]):
    """A node of a file. Without a ``load``, its children belong to its parent. ``children``: their order, if known."""

    id: str
    parent: str
    load: T | None
    children: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Placed(Generic[T]):
    """A node with a load. ``parent``: the nearest such node above; "" at the top."""

    id: str
    parent: str
    load: T


def named(entries: Iterable[Any], key: str) -> Iterator[tuple[str, Any]]:
    """Yield (id, entry); entries without an id get their number.

    >>> list(named([{"id": "a"}, None], "id"))
    [('a', {'id': 'a'}), ('#1', None)]
    """
    return ((identifier(mapping(entry).get(key)) or f"#{number}", entry) for number, entry in enumerate(entries))


def build_tree(
    entries: Iterable[tuple[str, Any]],
    warnings: Warnings,
    read: Callable[[dict[str, Any]], T | None],
    parent: str,
    children: str = "",
) -> list[Placed[T]]:
    """Build the tree of (id, entry): depth first where entries list their children, in their own order otherwise.

    ``parent``, ``children``: the fields with an entry's parent and children. ``read`` returns None for no message.

    >>> entries = [("b", {"up": "a"}), ("a", {})]
    >>> [(one.id, one.parent) for one in build_tree(entries, Warnings(), lambda entry: entry, "up")]
    [('a', ''), ('b', 'a')]
    """
    known: dict[str, Node[T]] = {}
    for name, entry in entries:
        load = read(entry) if isinstance(entry, dict) else None
        if name in known:
            warnings.add("message_duplicate", int(load is not None))
        else:
            about = mapping(entry)
            order = [identifier(child) for child in sequence(about.get(children) if children else None)]
            known[name] = Node(name, identifier(about.get(parent)), load, order)
        warnings.add("message_broken", int(not isinstance(entry, dict)))
    _adopt(known, warnings)
    _cut_circles(known, warnings)
    return list(_walk(known))


def leaf_below(placed: list[Placed[T]], start: str) -> str:
    """Find the end of the branch below a node, by each one's last child."""
    last = {one.parent: one.id for one in placed}
    while start in last:
        start = last[start]
    return start


def _adopt(known: dict[str, Node[T]], warnings: Warnings) -> None:
    """Replace each missing parent by the node that lists this one as its child, or by none."""
    named = {child: node.id for node in known.values() for child in node.children}
    for node in known.values():
        if node.parent in known:
            continue
        missing, node.parent = node.parent, named.get(node.id, "")
        warnings.add("branch_parent", int(bool(missing and not node.parent and node.load is not None)))


def _cut_circles(known: dict[str, Node[T]], warnings: Warnings) -> None:
    """Make one node of each cycle a root, in linear time."""
    reaches_top: set[str] = {""}
    for node in known.values():
        path: dict[str, None] = {}
        at = node.id
        while at not in reaches_top and at not in path:
            path[at] = None
            at = known[at].parent
        if at in path:
            known[at].parent = ""
            warnings.add("branch_cycle")
        reaches_top.update(path)


def _walk(known: dict[str, Node[T]]) -> Iterator[Placed[T]]:
    above = {"": ""}
    for name in _depth_first(known) if any(node.children for node in known.values()) else _as_written(known):
        node = known[name]
        parent = above[node.parent]
        above[name] = parent if node.load is None else name
        if node.load is not None:
            yield Placed(name, parent, node.load)


def _depth_first(known: dict[str, Node[T]]) -> Iterator[str]:
    children = _children(known)
    waiting = children.get("", [])[::-1]
    while waiting:
        name = waiting.pop()
        yield name
        waiting += children.get(name, [])[::-1]


def _as_written(known: dict[str, Node[T]]) -> Iterator[str]:
    """Yield ids in the order of the file, but parents before their children."""
    done = {""}
    for name in known:
        path = []
        while name not in done:
            path.append(name)
            done.add(name)
            name = known[name].parent
        yield from reversed(path)


def _children(known: dict[str, Node[T]]) -> dict[str, list[str]]:
    """Group ids by parent: those it lists in its order, then the others in the order of the file."""
    grouped: dict[str, dict[str, None]] = {}
    for node in known.values():
        grouped.setdefault(node.parent, {})[node.id] = None
    for parent, members in grouped.items():
        listed = known[parent].children if parent else []
        if listed:
            grouped[parent] = {child: None for child in [*listed, *members] if child in members}
    return {parent: list(members) for parent, members in grouped.items()}
