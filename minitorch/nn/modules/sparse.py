"""Embedding and EmbeddingBag: tables of vectors."""

from __future__ import annotations

from typing import Any

from minitorch import creation
from minitorch.grad_mode import no_grad
from minitorch.nn import functional as F
from minitorch.nn import init
from minitorch.nn.modules.module import Module
from minitorch.parameter import Parameter

__all__ = ["Embedding", "EmbeddingBag"]


class _Table(Module):
    """A table of vectors: normal(0, 1) at first, the row `padding_idx` 0 and without gradient.

    Raises: AssertionError for a padding_idx that is no row and for a table of another size.
    """

    def _make(
        self, rows: int, columns: int, padding_idx: int | None, table: Any, freeze: bool,
        device: Any, dtype: Any,
    ) -> None:  # fmt: skip
        self.num_embeddings, self.embedding_dim = rows, columns
        if padding_idx is not None:
            if not -rows <= padding_idx < rows:
                raise AssertionError(
                    f"padding_idx must be within num_embeddings: {padding_idx}, {rows}"
                )
            padding_idx %= rows
        self.padding_idx = padding_idx
        if table is None:
            made = creation.empty((rows, columns), device=device, dtype=dtype)
            self.weight = Parameter(made, requires_grad=not freeze)
            self.reset_parameters()
            return
        if list(table.shape) != [rows, columns]:
            raise AssertionError(
                "Shape of weight does not match num_embeddings and embedding_dim: "
                f"{list(table.shape)} and {[rows, columns]}"
            )
        self.weight = Parameter(table, requires_grad=not freeze)

    def reset_parameters(self) -> None:
        """Draw the table anew."""
        init.normal_(self.weight)
        self._fill_padding_idx_with_zero()

    def _fill_padding_idx_with_zero(self) -> None:
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx].fill_(0)

    @staticmethod
    def _size_of(embeddings: Any) -> tuple[int, int]:
        if embeddings.dim() != 2:
            raise AssertionError(
                f"Embeddings parameter is expected to be 2-dimensional, got {embeddings.dim()}-D"
            )
        return tuple(embeddings.shape)

    def _options(self, *shown: str) -> str:
        """The sizes, and those of the options named in `shown` that were set."""
        usual = {"norm_type": 2}
        parts = [f"{self.num_embeddings}, {self.embedding_dim}"]
        for name in shown:
            value = getattr(self, name)
            if value is not None and value is not False and value != usual.get(name):
                parts.append(f"{name}={value!r}")
        return ", ".join(parts)


class Embedding(_Table):
    """A table of vectors, looked up by number.

    Shape: (*) of int64 -> (*, embedding_dim)
    Raises: IndexError (when called) for a number outside [0, num_embeddings).
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None,
        max_norm: float | None = None, norm_type: float = 2.0, scale_grad_by_freq: bool = False,
        sparse: bool = False, _weight: Any = None, _freeze: bool = False, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self._make(num_embeddings, embedding_dim, padding_idx, _weight, _freeze, device, dtype)

    def forward(self, input):
        """The vectors."""
        return F.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type,
            self.scale_grad_by_freq, self.sparse,
        )  # fmt: skip

    def extra_repr(self) -> str:
        """The sizes, and what differs from the defaults."""
        return self._options("padding_idx", "max_norm", "norm_type", "scale_grad_by_freq", "sparse")

    @classmethod
    def from_pretrained(
        cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None,
        max_norm: float | None = None, norm_type: float = 2.0, scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:  # fmt: skip
        """A layer over a table that exists; frozen unless `freeze` is False."""
        return cls(
            *cls._size_of(embeddings), padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse,
            _weight=embeddings, _freeze=freeze,
        )  # fmt: skip


class EmbeddingBag(_Table):
    """The sums, means or maxima of vectors of a table, bag by bag; see `functional.embedding_bag`.

    Shape: (N, S) of int64 -> (N, embedding_dim); or all indices in one row, and where bags start
    Raises: IndexError (when called) for a number outside [0, num_embeddings).
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, mode: str = "mean",
        sparse: bool = False, _weight: Any = None, include_last_offset: bool = False,
        padding_idx: int | None = None, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self.mode, self.include_last_offset = mode, include_last_offset
        self._make(num_embeddings, embedding_dim, padding_idx, _weight, False, device, dtype)

    def forward(self, input, offsets=None, per_sample_weights=None):
        """The bags' vectors."""
        return F.embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq,
            self.mode, self.sparse, per_sample_weights, self.include_last_offset, self.padding_idx,
        )  # fmt: skip

    def extra_repr(self) -> str:
        """The sizes, the mode, and what differs from the defaults."""
        return self._options("max_norm", "norm_type", "scale_grad_by_freq", "mode", "padding_idx")

    @classmethod
    def from_pretrained(
        cls, embeddings: Any, freeze: bool = True, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, mode: str = "mean",
        sparse: bool = False, include_last_offset: bool = False, padding_idx: int | None = None,
    ) -> EmbeddingBag:  # fmt: skip
        """A layer over a table that exists; frozen unless `freeze` is False."""
        made = cls(
            *cls._size_of(embeddings), max_norm, norm_type, scale_grad_by_freq, mode, sparse,
            embeddings, include_last_offset, padding_idx,
        )  # fmt: skip
        made.weight.requires_grad = not freeze
        return made
