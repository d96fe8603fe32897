"""SavedModel, for TensorFlow Serving, and the source of every other format."""
