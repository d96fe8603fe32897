"""One seed argument, one seed generator, saved with the model."""

from __future__ import annotations

from typing import Any

import keras

from keras_ae import _checks

STATE = "seed_generator_state"


class Seeded:
    """Mixin of layers that draw noise: `seed`, `seed_generator`, and a state that is saved.

    Keras does not store the state of a `SeedGenerator`; with it stored, a resumed run continues
    the same noise. Mix it in before the Keras base class and call `_init_seed` in the constructor.
    """

    def _init_seed(self, seed: int | None) -> None:
        self.seed = _checks.seed("seed", seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def save_own_variables(self, store: Any) -> None:
        """Store the layer's weights and the state of its noise."""
        super().save_own_variables(store)  # type: ignore[misc]
        store[STATE] = keras.ops.convert_to_numpy(self.seed_generator.state)

    def load_own_variables(self, store: Any) -> None:
        """Restore the layer's weights and the state of its noise."""
        self.seed_generator.state.assign(store[STATE])
        rest = {key: store[key] for key in store.keys() if key != STATE}  # noqa: SIM118 - no iterator
        super().load_own_variables(rest)  # type: ignore[misc]
