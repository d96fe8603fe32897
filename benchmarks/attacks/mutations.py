"""Damage to the bytes of a file."""

from __future__ import annotations

import random


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Return the content with one kind of damage, drawn at random."""
    damage = chance.choice((_cut, _flipped, _zeroed, _doubled, _inserted, _junk))
    return damage(content, chance)


def _place(content: bytes, chance: random.Random) -> int:
    return chance.randrange(max(1, len(content)))


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: _place(content, chance)]


def _flipped(content: bytes, chance: random.Random) -> bytes:
    array = bytearray(content)
    for _ in range(chance.choice((1, 1, 8, 64)) if array else 0):
        array[_place(content, chance)] ^= 1 << chance.randrange(8)
    return bytes(array)


def _zeroed(content: bytes, chance: random.Random) -> bytes:
    start = _place(content, chance)
    end = min(len(content), start + chance.randrange(1, 200))
    return content[:start] + bytes(end - start) + content[end:]


def _doubled(content: bytes, chance: random.Random) -> bytes:
    start = _place(content, chance)
    return content[: start + chance.randrange(1, 200)] + content[start:]


def _inserted(content: bytes, chance: random.Random) -> bytes:
    start = _place(content, chance)
    return content[:start] + chance.randbytes(chance.randrange(1, 100)) + content[start:]


def _junk(content: bytes, chance: random.Random) -> bytes:
    start = content[: chance.choice((0, 2, 8))]
    return start + chance.randbytes(chance.randrange(300))
