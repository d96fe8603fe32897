"""How a model of indices uses its codes, and what they cost."""

from __future__ import annotations

import math

import numpy as np

from keras_ae import plotting
from keras_ae.evaluation import code_nll
from keras_ae.plotting import ReportPicture, ReportSection
from keras_ae.plotting.code_bars import usage
from keras_ae.report.subject import Subject

MAX_EXAMPLES = 5000
MAX_CODES = 2**16  # in a picture
BATCH_SIZE = 256


def code_section(subject: Subject) -> ReportSection | None:
    """Return the use of the codes, and bits an example; None for a code that isn't of indices."""
    model = subject.model
    if not subject.can("decode_indices"):
        return None
    x, codes = subject.examples.x[:MAX_EXAMPLES], model.bottleneck.codes
    found = model.endpoint("indices", model.functions()["indices"])
    indices = found.predict([x], BATCH_SIZE)["indices"]
    places = math.prod(indices.shape[1:])
    shape = " x ".join(map(str, indices.shape[1:])) or "1"
    text = (
        f"An example is {shape} indices of {codes:,} codes, {places * math.log2(codes):,.4g} bits "
        "as plain integers."
    )
    if subject.can("code_logits"):
        nats = float(code_nll(model, x).mean())
        text += (
            f" Under the prior that was fitted to them they cost {nats / math.log(2):,.4g} bits "
            f"({nats:,.4g} nats), a mean over {len(x):,} examples of {subject.part}."
        )
    if codes > MAX_CODES:
        return ReportSection("Codes", text)
    stages = getattr(model.bottleneck, "stages", None)
    rows = indices.reshape(-1, stages or 1).T
    counts = np.stack([np.bincount(row, minlength=codes) for row in rows])
    perplexity, used = usage(counts)
    picture = ReportPicture(
        plotting.code_bars(counts),
        f"Share of each of {codes:,} codes; perplexity {perplexity:.4g}, {used:.1%} used",
        f"How often each code occurs in {len(x):,} examples of {subject.part}. Perplexity is "
        "as many codes, used evenly, as would say as much.",
    )
    return ReportSection("Codes", text, [picture])
