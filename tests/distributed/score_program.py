"""What a killed process runs: bundle, source, destination and engine are its arguments."""

import json
import sys

from keras_ae.distributed import score_files

if __name__ == "__main__":
    report = score_files(*sys.argv[1:5], workers=2, verbose=False)
    frameworks = [name for name in ("keras", "tensorflow", "jax") if name in sys.modules]
    sys.stdout.write(json.dumps({**report.to_dict(), "frameworks": frameworks}))
