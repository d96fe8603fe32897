"""The proof: each artifact, in its own runtime, beside what Keras computes."""
