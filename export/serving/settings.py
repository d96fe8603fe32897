"""The settings that start a server: which model, how to batch, in which container."""

from __future__ import annotations

SERVER_VERSION = "2.21.0"  # the tag of the official image, tensorflow/serving
LARGEST_BATCH = 64


def models_config(model_name: str) -> str:
    """Return a ModelServerConfig as text: the one model, where the container has it.

    Args:
        model_name: String, the name in the server's addresses.

    Returns:
        String, the content of models.config.

    Example:
        >>> print(models_config("digits"))
        model_config_list {
          config {
            name: "digits"
            base_path: "/models/digits"
            model_platform: "tensorflow"
          }
        }
        <BLANKLINE>
    """
    return f"""\
model_config_list {{
  config {{
    name: "{model_name}"
    base_path: "/models/{model_name}"
    model_platform: "tensorflow"
  }}
}}
"""


def batching_config(batch: int | None = None) -> str:
    """Return BatchingParameters as text, for a CPU: a request never waits to fill a batch.

    Requests that arrive while the threads are busy are joined and padded to the next allowed size.

    Args:
        batch: Integer, the one batch size that the model takes; None where it takes any.

    Returns:
        String, the content of batching.config.

    Example:
        >>> "allowed_batch_sizes: 16" in batching_config(16)
        True
    """
    sizes = [2**power for power in range(LARGEST_BATCH.bit_length())] if batch is None else [batch]
    allowed = "\n".join(f"allowed_batch_sizes: {size}" for size in sizes)
    return f"""\
# Rows of a request, and of requests joined to one; a larger request is refused.
max_batch_size {{ value: {sizes[-1]} }}
{allowed}
# Microseconds to wait for more requests. On a GPU, try 1000 to 10000.
batch_timeout_micros {{ value: 0 }}
# Batches that wait; beyond, the server answers UNAVAILABLE.
max_enqueued_batches {{ value: 100 }}
# About the number of CPU cores.
num_batch_threads {{ value: 4 }}
"""


def docker_compose(model_name: str) -> str:
    """Return a docker-compose.yml that serves the bundle to this machine only.

    The image's own entry point opens gRPC at 8500 and REST at 8501. Paths on the left of a colon
    are relative to the file.

    Args:
        model_name: String, the name in the server's addresses.

    Returns:
        String, the content of docker-compose.yml.

    Example:
        >>> "../saved_model:/models/digits:ro" in docker_compose("digits")
        True
    """
    return f"""\
# The server has no passwords: open its ports to other machines only behind something that has.
services:
  serving:
    image: tensorflow/serving:{SERVER_VERSION}
    platform: linux/amd64
    ports:
      - "127.0.0.1:8500:8500" # gRPC
      - "127.0.0.1:8501:8501" # REST
    volumes:
      - ../saved_model:/models/{model_name}:ro
      - ./models.config:/config/models.config:ro
      - ./batching.config:/config/batching.config:ro
    command:
      - --model_config_file=/config/models.config
      - --enable_batching=true
      - --batching_parameters_file=/config/batching.config
"""
