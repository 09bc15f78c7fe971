"""Pseudo-random numbers that depend on a seed, a stream's name and keys alone.

Belongs here: counter-based draws, so that a number is the same in whatever order or chunk it is asked for.
Does not belong here: what is drawn (people, times, scores).
"""

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def _mixed(value: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return the splitmix64 finalizer of each element."""
    value = (value ^ (value >> np.uint64(30))) * _MIX_1
    value = (value ^ (value >> np.uint64(27))) * _MIX_2
    return value ^ (value >> np.uint64(31))


def _stream_key(seed: int, stream: str) -> np.uint64:
    digest = hashlib.blake2b(f"{seed}|{stream}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def bits(seed: int, stream: str, *keys: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    """Return 64 pseudo-random bits for each tuple of keys.

    Args:
        seed: the sample's seed.
        stream: what is drawn; other streams are independent.
        keys: arrays of whole numbers that broadcast against each other.
    """
    state = np.full(np.broadcast_shapes(*(key.shape for key in keys)), _stream_key(seed, stream))
    for key in keys:
        state = _mixed(state ^ (key.astype(np.int64).view(np.uint64) * _GOLDEN + _GOLDEN))
    return state


def draw(seed: int, stream: str, *keys: npt.NDArray[Any]) -> Floats:
    """Return a uniform number in [0, 1) for each tuple of keys."""
    return (bits(seed, stream, *keys) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def bell(seed: int, stream: str, *keys: npt.NDArray[Any]) -> Floats:
    """Return a number of mean 0 and standard deviation 1, between -3 and 3, for each tuple of keys."""
    raw = bits(seed, stream, *keys)
    part = np.uint64(0x1FFFFF)
    thirds = (raw & part) + ((raw >> np.uint64(21)) & part) + ((raw >> np.uint64(42)) & part)
    value: Floats = (thirds.astype(np.float64) / 2.0**21 - 1.5) * 2.0
    return value


def pick(uniform: Floats, shares: list[float]) -> Ints:
    """Return the index of the share that each uniform number falls in; the shares need not add up to 1."""
    edges = np.cumsum(np.asarray(shares, dtype=np.float64))
    found = np.searchsorted(edges / edges[-1], uniform, side="right")
    return np.minimum(found, len(shares) - 1).astype(np.int64)


def between(uniform: Floats, low: npt.ArrayLike, high: npt.ArrayLike) -> Ints:
    """Return whole numbers from low to high, both included, one for each uniform number."""
    low_array = np.asarray(low, dtype=np.float64)
    return np.floor(low_array + uniform * (np.asarray(high, dtype=np.float64) - low_array + 1)).astype(
        np.int64
    )


def rank_within(groups: Ints) -> Ints:
    """Return the position of each element in its run of equal groups; the groups must stand together."""
    if len(groups) == 0:
        return np.zeros(0, dtype=np.int64)
    is_first = np.concatenate([[True], groups[1:] != groups[:-1]])
    starts = np.flatnonzero(is_first)
    rank: Ints = (np.arange(len(groups)) - starts[np.cumsum(is_first) - 1]).astype(np.int64)
    return rank
