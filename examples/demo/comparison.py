"""Times the compiled network beside other engines: same input, same threads,
in turns."""

import os
import pathlib
import sys

import numpy

from console import MIB, ROOT
from network import ARCH, HERE

sys.path.insert(0, str(ROOT / "bench"))

import measure  # noqa: E402
import report  # noqa: E402

AGREEMENT = 1e-4


def make_input(photo: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """The first photo as the network's input, for all engines."""
    from PIL import Image

    image = Image.open(photo).convert("RGB").resize((224, 224))
    pixels = (numpy.asarray(image, "float32") - 127) / 128
    path = folder / "input.npz"
    numpy.savez(path, image=numpy.ascontiguousarray(
        pixels.transpose(2, 0, 1)[None]))
    return path


def compare(compiled: pathlib.Path, onnx: pathlib.Path, weights: pathlib.Path,
            inputs: pathlib.Path, folder: pathlib.Path,
            seconds: float) -> bool:
    """Times the engines on one input; whether all outputs agree."""
    os.environ["PYTHONPATH"] = str(HERE)  # for the workers' ARCH
    agree = True
    for threads in (1, 2):
        subjects = [measure.Subject("skerry", str(compiled)),
                    measure.Subject("onnxruntime", str(onnx)),
                    measure.Subject("torch", f"{weights}|{ARCH}")]
        measure.measure(subjects, threads, inputs, folder, seconds, 8)
        row = report.make_row("efficientnet-lite0", threads, subjects)
        files = {"skerry": compiled, "onnxruntime": onnx, "torch": weights}
        agree = print_table(row, files) and agree
    return agree


def print_table(row: report.Row, files: dict[str, pathlib.Path]) -> bool:
    """One thread count's results; whether all outputs agree."""
    print(f"\n    {row.threads} thread{'s' if row.threads > 1 else ''}")
    print(f"    {'':<24}{'median':>9}{'best':>9}{'Skerry is':>15}"
          f"{'cold start':>13}{'memory':>11}{'on disk':>11}{'error':>10}")
    agree = not row.faults
    for engine, timing in row.timings.items():
        ratio = row.ratio(engine)
        faster = ("" if engine == report.OURS or ratio is None
                  else f"{ratio:.2f}x faster")
        disk = timing.library_bytes + files[engine].stat().st_size
        name = f"{report.TITLES[engine]} {timing.version}"
        print(f"    {name:<24}{timing.median_ms:6.2f} ms{timing.best_ms:6.2f}"
              f" ms{faster:>15}{timing.cold_ms:10.1f} ms"
              f"{timing.peak_bytes / MIB:7.1f} MiB{disk / MIB:7.1f} MiB"
              f"{timing.error or 0:10.1e}")
        agree = agree and (timing.error or 0) < AGREEMENT
    for engine, fault in row.faults.items():
        print(f"    {report.TITLES[engine]}: {fault}")
    return agree
