"""Which of equal elements a selection names: the order that torch's algorithms leave behind.

Where elements are equal, `topk`, `mode` and `kthvalue` may name any of them, and the
gradient goes to the one they name. torch names the one that its C++ library's partitioning happens
to bring there. These are those algorithms on Python lists, run only where a tie decides: `order`
is a list of positions, rearranged in place, and `keys[position]` is what is compared.

Source: introsort and introselect of D. Musser, 1997, Software: Practice and Experience 27(8), with
the pivots and the insertion sort of 16 elements of GNU's C++ library.
"""

from __future__ import annotations

TOO_MANY = 1 << 15
"""With more elements in lines with ties, any of equal ones is named: sorting takes 5 us each."""


def nth_element(keys: list, order: list, nth: int) -> None:
    """Bring to place `nth` what a sort would put there, smaller ones before it."""
    first, last = 0, len(order)
    depth = 2 * (last.bit_length() - 1)
    while last - first > 3:
        if depth == 0:
            _heap_select(keys, order, first, nth + 1, last)
            order[first], order[nth] = order[nth], order[first]
            return
        depth -= 1
        cut = _partition(keys, order, first, last)
        if cut <= nth:
            first = cut
        else:
            last = cut
    _insertion_sort(keys, order, first, last)


def sort(keys: list, order: list, last: int) -> None:
    """Sort the first `last` positions by their keys."""
    if last > 1:
        _introsort(keys, order, 0, last, 2 * (last.bit_length() - 1))
        _insertion_sort(keys, order, 0, last)


def partial_sort(keys: list, order: list, middle: int) -> None:
    """Bring the smallest `middle` to the front, sorted."""
    _heap_select(keys, order, 0, middle, len(order))
    _sort_heap(keys, order, 0, middle)


def lowest(keys: list, order: list, k: int, in_order: bool = True) -> list:
    """The positions of the `k` lowest keys, as torch's topk leaves them."""
    if 64 * k <= len(order):
        partial_sort(keys, order, k)
    else:
        nth_element(keys, order, k - 1)
        if in_order:
            sort(keys, order, k - 1)
    return order[:k]


def quick_select(keys: list, order: list, k: int) -> None:
    """Bring to place `k` what a sort would put there, as torch's own kthvalue does."""
    low, high = 0, len(order) - 1
    while low < high:
        if high == low + 1:
            _order_pair(keys, order, low, high)
            return
        middle = low + (high - low) // 2
        order[middle], order[low + 1] = order[low + 1], order[middle]
        _order_pair(keys, order, low + 1, high)
        _order_pair(keys, order, low, high)
        _order_pair(keys, order, low + 1, low)
        i, j, pivot = low + 1, high, keys[order[low]]
        while True:
            i += 1
            while pivot > keys[order[i]]:
                i += 1
            j -= 1
            while keys[order[j]] > pivot:
                j -= 1
            if j < i:
                break
            order[i], order[j] = order[j], order[i]
        order[low], order[j] = order[j], order[low]
        if j <= k:
            low = i
        if j >= k:
            high = j - 1


def _order_pair(keys: list, order: list, a: int, b: int) -> None:
    if keys[order[a]] > keys[order[b]]:
        order[a], order[b] = order[b], order[a]


def _partition(keys: list, order: list, first: int, last: int) -> int:
    """Split [first, last) around the median of three, which goes to `first`."""
    a, b, c = first + 1, first + (last - first) // 2, last - 1
    x, y, z = keys[order[a]], keys[order[b]], keys[order[c]]
    if x < y:
        middle = b if y < z else c if x < z else a
    else:
        middle = a if x < z else c if y < z else b
    order[first], order[middle] = order[middle], order[first]
    pivot = keys[order[first]]
    i, j = first + 1, last
    while True:
        while keys[order[i]] < pivot:
            i += 1
        j -= 1
        while pivot < keys[order[j]]:
            j -= 1
        if i >= j:
            return i
        order[i], order[j] = order[j], order[i]
        i += 1


def _introsort(keys: list, order: list, first: int, last: int, depth: int) -> None:
    while last - first > 16:
        if depth == 0:
            _heap_select(keys, order, first, last, last)
            _sort_heap(keys, order, first, last)
            return
        depth -= 1
        cut = _partition(keys, order, first, last)
        _introsort(keys, order, cut, last, depth)
        last = cut


def _insertion_sort(keys: list, order: list, first: int, last: int) -> None:
    for i in range(first + 1, last):
        position, at = order[i], i
        key = keys[position]
        while at > first and key < keys[order[at - 1]]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = position


def _heap_select(keys: list, order: list, first: int, middle: int, last: int) -> None:
    """Make a heap of [first, middle) that holds the smallest of [first, last)."""
    size = middle - first
    for parent in reversed(range(size // 2)):
        _sink(keys, order, first, parent, size, order[first + parent])
    for i in range(middle, last):
        if size and keys[order[i]] < keys[order[first]]:
            position, order[i] = order[i], order[first]
            _sink(keys, order, first, 0, size, position)


def _sort_heap(keys: list, order: list, first: int, last: int) -> None:
    while last - first > 1:
        last -= 1
        position, order[last] = order[last], order[first]
        _sink(keys, order, first, 0, last - first, position)


def _sink(keys: list, order: list, first: int, hole: int, size: int, position: int) -> None:
    """Fill the hole of a heap with the larger children, then let `position` rise from below."""
    top, child = hole, hole
    while child < (size - 1) // 2:
        child = 2 * (child + 1)
        if keys[order[first + child]] < keys[order[first + child - 1]]:
            child -= 1
        order[first + hole] = order[first + child]
        hole = child
    if size % 2 == 0 and child == (size - 2) // 2:
        child = 2 * (child + 1)
        order[first + hole] = order[first + child - 1]
        hole = child - 1
    while hole > top:
        parent = (hole - 1) // 2
        if not keys[order[first + parent]] < keys[position]:
            break
        order[first + hole] = order[first + parent]
        hole = parent
    order[first + hole] = position
