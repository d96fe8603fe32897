"""The row of SavedModel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from keras_ae.export.formats.common_rules import COMMON_RULES
from keras_ae.export.formats.format import WHOLE, Format
from keras_ae.export.formats.precisions import FLOAT32
from keras_ae.export.formats.snippet import Snippet
from keras_ae.export.signature import Signature

_FILE = "saved_model.pb"
_README = """## SavedModel

For TensorFlow Serving, with the kit in `serving/`:

```bash
docker compose -f serving/docker-compose.yml up
curl -d @serving/rest/{endpoint}.row.json http://localhost:8501/v1/models/{model}:predict
```
"""


class SavedModelFormat(Format):
    """SavedModel: one folder with a signature an endpoint, run by TensorFlow's C++ loader."""

    name = "saved_model"
    title = "SavedModel"
    keras_name = "tf_saved_model"
    kind = "a SavedModel"
    precisions = (FLOAT32,)
    contents = "keras_ae.export.formats.saved_model.operations"
    reader = "keras_ae.export.formats.saved_model.saved_model_reader:SavedModelReader"
    packages = (("tensorflow", "tensorflow"),)
    rules = COMMON_RULES

    @property
    def place(self) -> str:
        """Its path in a bundle: version 1 of what a server finds in its folder."""
        return f"{self.name}/1"

    def layout(self, endpoints: Sequence[str], precision: str) -> dict[str, tuple[str, ...]]:
        """Return the one artifact, which holds every endpoint."""
        del precision
        return {self.place: tuple(endpoints)}

    def is_artifact(self, path: Path) -> bool:
        """Whether it is a folder with saved_model.pb, or a folder of versions of that."""
        return path.is_dir() and any(
            file.parent == path or file.parent.name.isdigit()
            for file in (*path.glob(_FILE), *path.glob(f"*/{_FILE}"))
        )

    def find(self, folder: Path) -> dict[str, dict[str, Path]]:
        """Return the folder, if it is one."""
        return {FLOAT32: {WHOLE: folder}} if self.is_artifact(folder) else {}

    def write(self, endpoints: Mapping[str, Any], models: Iterable[Any], directory: Path) -> None:
        """Write the source from a model's `Endpoint`s, in the process that has the model."""
        from keras_ae.export.formats.saved_model.write import write_saved_model

        write_saved_model(endpoints, models, directory / self.place)

    def complete(
        self,
        directory: Path,
        name: str,
        signatures: Sequence[Signature],
        examples: Mapping[str, Mapping[str, Any]],
        default: str,
    ) -> None:
        """Write what TensorFlow Serving needs."""
        from keras_ae.export.serving import write_serving_kit

        write_serving_kit(directory, name, signatures, examples, default)

    def readme(self, snippet: Snippet) -> str:
        """Return the lines that start a server and ask it."""
        return _README.format(endpoint=snippet.signature.name, model=snippet.model)
