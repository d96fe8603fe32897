"""A run that is ready to train: train, evaluate, publish."""

from __future__ import annotations

import dataclasses
import functools
import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import keras

from keras_ae.evaluation import Scores, evaluate_model
from keras_ae.execution import processes
from keras_ae.execution.shuffled_batches import ShuffledBatches
from keras_ae.layers import MaskingNoise
from keras_ae.models import fit_code_prior
from keras_ae.training.beta_warmup import BetaWarmup
from keras_ae.training.checkpoint import Checkpoint, State, write_json
from keras_ae.training.collapse_monitor import CollapseMonitor
from keras_ae.training.cyclic_beta import CyclicBeta
from keras_ae.training.epoch_keeper import EpochKeeper
from keras_ae.training.errors import NonFiniteLossError, TrainingInterruptedError
from keras_ae.training.examples import Examples
from keras_ae.training.interruption import Interruption, StopWhenInterrupted
from keras_ae.training.nan_guard import NaNGuard
from keras_ae.training.output_directory import RECORD, OutputDirectory
from keras_ae.training.training_config import TrainingConfig

CONFIG = "config.yaml"
MAX_MONITORED_EXAMPLES = 2000  # by CollapseMonitor


@dataclasses.dataclass(eq=False)
class Run:
    """A run that is checked and ready to train.

    Args:
        config: The `TrainingConfig`, with what it left to choose filled in.
        examples: The `Examples`.
        model: The compiled model, as of `state`.
        output: The `OutputDirectory`.
        checkpoint: The `Checkpoint` in its working directory.
        state: The `State` to start from.
        overwrite: Whether the destination may be replaced.
        scores: The `Scores` on the test part, once the run is complete and if there is one.
        code_prior: What the last epoch of the prior over the codes has measured, by name; None
            where none was asked for.
    """

    config: TrainingConfig
    examples: Examples
    model: Any
    output: OutputDirectory
    checkpoint: Checkpoint
    state: State
    overwrite: bool
    scores: Scores | None = None
    code_prior: dict[str, float] | None = None

    def complete(
        self,
        callbacks: Sequence[Any] = (),
        verbose: Any = "auto",
        finish: Callable[[Run, Path], None] | None = None,
    ) -> Run:
        """Train what is left to train, evaluate, and publish the results.

        Args:
            callbacks: Keras callbacks; they see an epoch's end after it is saved.
            verbose: As in `fit`.
            finish: Called with the run and a folder before it is published, to put more files
                beside the model; or None. Of several processes the first one calls it.

        Returns:
            The run itself.

        Raises:
            NonFiniteLossError: The loss became NaN or infinite. The last complete epoch is kept.
            TrainingInterruptedError: Ctrl-C. The model is saved, and the run can be resumed.
            OSError: A file can't be written.
        """
        try:
            self._pretrain(verbose)
            self._fit(callbacks, verbose)
            self._take_best()
            self._fit_code_prior(verbose)
            if len(self.examples.test):
                self.scores = evaluate_model(self.model, self.examples.test)
            processes.first_alone(functools.partial(self._publish, finish))
        except KeyboardInterrupt:
            place, model = "before the first complete epoch", None
            if self.state.epoch:
                place = f"after epoch {self.state.epoch}"
                model = self.checkpoint.folder / self.state.model
            raise TrainingInterruptedError(place, model, self.output.working) from None
        finally:
            self.output.release()
        return self

    def _pretrain(self, verbose: Any) -> None:
        config = self.config
        if not config.pretrain_epochs or self.state.epoch:
            return
        corruption = None
        if config.corruption_rate is not None:
            corruption = MaskingNoise(config.corruption_rate, seed=config.seed)
        histories = self.model.pretrain(
            self.examples.train,
            epochs=config.pretrain_epochs,
            batch_size=config.batch_size,
            optimizer=keras.optimizers.Adam(config.learning_rate),
            corruption=corruption,
            checkpoint=str(self.output.working / "pretraining.weights.h5"),
            verbose=verbose,
        )
        for layer, history in enumerate(histories, 1):
            if not math.isfinite(history.history["loss"][-1]):
                cause = f"learning_rate={config.learning_rate:g} is too large (layer {layer})"
                loss = {"pretraining loss": history.history["loss"][-1]}
                raise NonFiniteLossError(config.pretrain_epochs, None, loss, cause)

    def _fit(self, callbacks: Sequence[Any], verbose: Any) -> None:
        config, examples = self.config, self.examples
        keeper = EpochKeeper(self.checkpoint, self.state, config.early_stopping)
        if self.state.epoch >= config.epochs or keeper.finished():
            return
        validation = None if examples.validation is None else (examples.validation,)
        batches = ShuffledBatches(examples.train, config.batch_size, config.seed, self.state.epoch)
        try:
            with Interruption() as interruption:
                self.model.fit(
                    batches,
                    initial_epoch=self.state.epoch,
                    epochs=config.epochs,
                    steps_per_epoch=batches.steps,
                    shuffle=False,
                    validation_data=validation,
                    validation_batch_size=config.batch_size,
                    verbose=verbose,
                    callbacks=[
                        *self._schedules(),
                        NaNGuard(),
                        keeper,
                        *callbacks,
                        StopWhenInterrupted(interruption, self.output.working),
                    ],
                )
        finally:
            self.state = keeper.state

    def _schedules(self) -> Iterator[Any]:
        config, validation = self.config, self.examples.validation
        if config.beta_warmup is not None:
            yield BetaWarmup(config.beta_warmup)
        if config.beta_cycle is not None:
            yield CyclicBeta(config.beta_cycle)
        judged: Any = [] if validation is None else validation[:MAX_MONITORED_EXAMPLES]
        if "posterior" in self.model.functions() and len(judged) > 1:
            yield CollapseMonitor(judged)

    def _take_best(self) -> None:
        best = self.state.best
        if best is not None and best != self.state.model:
            processes.wait_for_all("best")  # the first may still be writing it
            self.model = keras.models.load_model(self.checkpoint.folder / best)

    def _fit_code_prior(self, verbose: Any) -> None:
        """Fit the prior over the codes that was asked for, anew in a run that is resumed."""
        config, validation = self.config, self.examples.validation
        if not config.code_prior_epochs:
            return
        history = fit_code_prior(
            self.model,
            self.examples.train,
            epochs=config.code_prior_epochs,
            batch_size=config.batch_size,
            validation_data=None if validation is None else (validation,),
            seed=config.seed,
            verbose=verbose,
        ).history
        self.code_prior = {name: float(values[-1]) for name, values in history.items()}
        if not math.isfinite(self.code_prior["loss"]):
            cause = "the indices' prior diverged; train it by keras_ae.fit_code_prior"
            raise NonFiniteLossError(config.code_prior_epochs, None, self.code_prior, cause)

    def _publish(self, finish: Callable[[Run, Path], None] | None) -> None:
        folder = self.output.start_complete()
        if self.code_prior is None:
            model_file = self.checkpoint.folder / (self.state.best or self.state.model)
            shutil.copyfile(model_file, folder / "model.keras")
        else:  # not in the checkpoints
            self.model.save(folder / "model.keras")
        for name in (CONFIG, RECORD):
            shutil.copyfile(self.output.working / name, folder / name)
        write_json(folder / "history.json", self.state.history)
        metrics: dict[str, Any] = {
            "epochs": self.state.epoch,
            "training_seconds": round(self.state.seconds, 2),
        }
        if self.code_prior is not None:
            metrics["code_prior"] = self.code_prior
        if self.scores is not None:
            metrics["test"] = dataclasses.asdict(self.scores)
        write_json(folder / "metrics.json", metrics)
        if finish is not None:
            finish(self, folder)
        self.output.publish(self.overwrite)
