"""`python -m keras_ae` is `keras-ae`."""

import sys

from keras_ae.cli import main

if __name__ == "__main__":
    sys.exit(main())
