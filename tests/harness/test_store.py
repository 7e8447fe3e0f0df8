"""A store keeps each content once, and no more than it may."""

from __future__ import annotations

import numpy as np
import pytest

from harness.store import FIRST, Store


def arrays(seed: int) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    return {"gradient w": draw.standard_normal((20, 30)).astype("f"), "buffer n": np.array(seed)}


def on_disk(folder) -> int:
    return sum(max(p.stat().st_size, p.stat().st_blocks * 512) for p in folder.glob("*/*.npy"))


def test_what_was_put_in_comes_out(tmp_path):
    store = Store(tmp_path, 10**7)
    for step in range(1, 4):
        store.add(step, {"mine": arrays(step), "theirs": arrays(step + 10)})
    store.close()
    again = Store.open(tmp_path)
    assert again.steps == [1, 2, 3]
    assert again.keys("mine", 2) == ["gradient w", "buffer n"]
    np.testing.assert_array_equal(again.array("theirs", 2, "gradient w"), arrays(12)["gradient w"])
    with pytest.raises(KeyError):
        again.array("mine", 9, "gradient w")


def test_equal_contents_are_kept_once(tmp_path):
    store = Store(tmp_path, 10**7)
    for step in range(1, 6):
        store.add(step, {"mine": arrays(0), "theirs": arrays(0)})
    assert len(list(tmp_path.glob("*/*.npy"))) == 2
    assert on_disk(tmp_path) == store.size
    other = dict(arrays(0), **{"gradient w": arrays(0)["gradient w"].reshape(30, 20)})
    store.add(6, {"mine": other})
    assert len(list(tmp_path.glob("*/*.npy"))) == 3  # the same bytes in another shape


def test_the_space_is_bounded_and_steps_stay_at_even_distances(tmp_path):
    store = Store(tmp_path, 200_000)
    for step in range(1, 301):
        store.add(step, {"mine": arrays(step), "theirs": arrays(-step % 10**6)})
        assert store.size <= 200_000
    store.close()
    assert on_disk(tmp_path) == store.size
    later = [step for step in store.steps if step > FIRST]
    assert store.steps[:FIRST] == list(range(1, FIRST + 1))
    assert len(later) > 2
    assert set(np.diff(later)) == {store.stride}
    again = Store.open(tmp_path)
    step = later[-1]
    np.testing.assert_array_equal(again.array("mine", step, "buffer n"), np.array(step))
