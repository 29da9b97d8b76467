"""What libraries do at their start that a box has no use for is switched off; imported before any of them.

An installer's own settings stand.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its threads cost 0.1 CPU s; nothing multiplies matrices
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # it looks through every package for them
