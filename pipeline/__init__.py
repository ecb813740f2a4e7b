"""Audio in; text and audio out. Imports nothing of the other packages."""

import os

# From its import on, onnxruntime would send its maker word of how it is used.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
