"""The commands of `keras-ae`. They import Keras when they run, not when they are listed."""
