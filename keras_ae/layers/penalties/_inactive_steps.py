"""How long each unit of a code has not been active."""

from __future__ import annotations

from typing import Any

from keras import ops

from keras_ae.layers.penalties.penalty import Code, Penalty


class CountsInactiveSteps(Penalty):
    """A penalty that counts, for each unit, the training steps since it was last active.

    A subclass has `steps`, after which a unit is dead. The counts, `inactive_steps` of shape
    (latent_dim,), are saved with the model.
    """

    steps: int

    def build(self, input_shape: Any) -> None:
        self.inactive_steps = self.add_weight(
            shape=(input_shape[-1],),
            initializer="zeros",
            trainable=False,
            dtype="float32",
            autocast=False,
            aggregation="only_first_replica",
            name="inactive_steps",
        )

    @property
    def dead(self) -> Any:
        """Which units are dead: a tensor of booleans, (latent_dim,)."""
        return self.inactive_steps >= self.steps

    def penalize(self, code: Code) -> None:
        """Add what a code costs to the loss; in training, count the steps of inactive units."""
        super().penalize(code)
        if code.training:
            batch_axes = tuple(range(len(code.latent.shape) - 1))
            active = ops.any(code.latent != 0, axis=batch_axes)
            steps = self.inactive_steps + 1.0
            self.inactive_steps.assign(ops.where(active, ops.zeros_like(steps), steps))
