#!/usr/bin/env python3
"""Makes <case>.json, <case>.npy and <case>.txt here by FLAIR-1's own metrics.py: its files and what it prints.

Usage: make_golden.py FLAIR-1-CHECKOUT. Needs NumPy, pandas and Pillow; run it in this folder.
The confusion matrices are given (see MATRICES and GoldenMatrices.cs), so scikit-learn and Lightning are not needed.
"""
import contextlib
import importlib.util
import io
import json
import pathlib
import shutil
import sys
import tempfile
import types

import numpy

conformance = json.load(open("conformance.json"))
large = [[(t * 31 + p * 17) % 97 * (1000 if t == p else 1) for p in range(150)] for t in range(150)]
# name -> (counts, weights, class names)
MATRICES = {
    "flair": (conformance["confusion_matrix"], conformance["weights"], [f"class {i + 1}" for i in range(19)]),
    "names": ([[7, 1, 2], [3, 0, 4], [0, 0, 5]], [1, 0, 0.5], ["forêt \"claire\"", "sol\\nu", "🌲"]),
    "small": ([[1, 300000000, 0], [0, 2, 0], [0, 0, 0]], [1, 2, 1], ["a", "b", "never"]),
    "empty": ([[0, 0], [0, 0]], [1, 1], ["a", "b"]),
    "large": (large, [0 if i % 29 == 7 else 1 for i in range(150)], [f"class {i + 1}" for i in range(150)]),
}

sys.modules["sklearn"] = types.ModuleType("sklearn")
sys.modules["sklearn.metrics"] = types.ModuleType("sklearn.metrics")
sys.modules["sklearn.metrics"].confusion_matrix = None
for name in ("pytorch_lightning", "pytorch_lightning.utilities", "pytorch_lightning.utilities.rank_zero"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["pytorch_lightning.utilities.rank_zero"].rank_zero_only = lambda function: function
spec = importlib.util.spec_from_file_location("metrics", pathlib.Path(sys.argv[1], "src/flair/metrics.py"))
flair = importlib.util.module_from_spec(spec)
spec.loader.exec_module(flair)
flair.Image = types.SimpleNamespace(open=lambda path: [0])

for case, (counts, weights, names) in MATRICES.items():
    flair.confusion_matrix = lambda truth, predicted, labels: numpy.array(counts, dtype=numpy.int64)
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "test.csv").write_text("image.tif,mask.tif\n")
        config = {
            "paths": {"test_csv": f"{folder}/test.csv"},
            "supervision_starts_at_one": False,
            "classes": {i + 1: [weight, name] for i, (weight, name) in enumerate(zip(weights, names))},
        }
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            flair.metrics(config, pathlib.Path(folder, "predictions"))
        shutil.copy(f"{folder}/metrics/metrics.json", f"{case}.json")
        if case != "large":
            shutil.copy(f"{folder}/metrics/confmat.npy", f"{case}.npy")
            pathlib.Path(f"{case}.txt").write_text(text.getvalue())
