"""What can end a training run before its last epoch."""

from __future__ import annotations

from pathlib import Path


class NonFiniteLossError(RuntimeError):
    """The loss became NaN or infinite; the message says where and the likely cause.

    Args:
        epoch: Integer, counted from 1.
        step: Integer, counted from 1 in the epoch; None if it was found in validation.
        terms: Dictionary from the name of each term of the loss to its value.
        cause: String, the likely cause and what to do.

    Example:
        >>> print(NonFiniteLossError(2, 31, {"nll": 95.5, "kl": float("inf")}, "too large a step"))
        Training stopped at the first loss that isn't finite: epoch 2, step 31, nll=95.5, kl=inf.
        Likely cause: too large a step
    """

    def __init__(self, epoch: int, step: int | None, terms: dict[str, float], cause: str) -> None:
        super().__init__(epoch, step, terms, cause)
        self.epoch = epoch
        self.step = step
        self.terms = terms
        self.cause = cause

    def __str__(self) -> str:
        place = "validation" if self.step is None else f"step {self.step}"
        terms = ", ".join(f"{name}={value:.4g}" for name, value in self.terms.items())
        return (
            "Training stopped at the first loss that isn't finite: "
            f"epoch {self.epoch}, {place}, {terms}. Likely cause: {self.cause}"
        )


class TrainingInterruptedError(Exception):
    """A run was interrupted (Ctrl-C); what it had reached is saved.

    Args:
        place: String, where the run was.
        model: Path of a model to use as it is, or None where there is none yet.
        working: Path of the directory from which the run resumes.

    Example:
        >>> working = Path("m.partial")
        >>> print(TrainingInterruptedError("in epoch 2", working / "now.keras", working))
        Interrupted in epoch 2. The model as it is now: m.partial/now.keras. Resume with --resume
    """

    def __init__(self, place: str, model: Path | None, working: Path) -> None:
        super().__init__(place, model, working)
        self.place = place
        self.model = model
        self.working = working

    def __str__(self) -> str:
        saved = "" if self.model is None else f" The model as it is now: {self.model}."
        return f"Interrupted {self.place}.{saved} Resume with --resume"
