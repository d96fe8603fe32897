"""Exporters of encoders and decoders; imported as `keras_ae.export`.

Nothing is exported yet: this version trains, evaluates and saves. `model.encoder_model()` and
`model.decoder_model()` are plain Keras models meanwhile.
"""
