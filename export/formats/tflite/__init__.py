"""TFLite, for phones and microcontrollers."""
