"""Pieces of a page: sections and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape


def section(title: str, inner: str, note: str = "", cls: str = "") -> str:
    """A part of the page with a heading; nothing where there is nothing inside."""
    if not inner:
        return ""
    said = f'<p class="soft">{escape(note)}</p>' if note else ""
    named = f' class="{cls}"' if cls else ""
    return f"<section{named}><h2>{escape(title)}</h2>{said}{inner}</section>"


def table(heads: Sequence[str], body: str) -> str:
    """A table whose rows are HTML; sorted by a click on a head, or a key press there."""
    head = "".join(
        f'<th scope="col" tabindex="0" aria-sort="none">{escape(name)}</th>' for name in heads
    )
    inner = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="scroll"><table class="sortable">{inner}</table></div>'


def listed(heads: Sequence[str], rows: Iterable[Sequence[object]], most: int = 200) -> str:
    """A table of plain text; of very many rows the first ones."""
    kept = list(rows)
    if not kept:
        return ""
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in kept[:most]
    )
    more = f'<p class="soft">{len(kept) - most:,} more.</p>' if len(kept) > most else ""
    return table(heads, body) + more


def pairs(told: Mapping[str, object]) -> str:
    """Names and what they are, one a line."""
    rows = "".join(
        f'<tr><th scope="row">{escape(str(k))}</th><td>{escape(str(v))}</td></tr>'
        for k, v in told.items()
    )
    return f'<table class="pairs">{rows}</table>' if rows else ""
