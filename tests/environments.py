"""Variables of the processes that tests run in and start."""

# JAX compiles hundreds of small programs, each for a few steps: LLVM need not optimize them. On
# TensorFlow XLA compiles what trains for long, which unoptimized takes longer in all.
QUICKLY_COMPILED = "--xla_backend_optimization_level=0"
