"""Compiled networks give what ONNX Runtime gives, on every kind of CPU.

Needs what the bench needs (build/venv) and, for aarch64, the aarch64 preset
and qemu; skipped where that is not there.
"""

import os
import pathlib
import subprocess
import sys

import pytest

numpy = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")
onnxruntime = pytest.importorskip("onnxruntime")

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SKERRY_BUILD", ROOT / "build/release"))
sys.path.insert(0, str(ROOT / "bench"))

import measure  # noqa: E402
import models  # noqa: E402
import networks  # noqa: E402

TOLERANCE = 1e-4
RUN_MODEL = BUILD.parent / "aarch64" / "bin" / "run_model"
EMULATOR = ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"]
FEATURE_OF = {"x86-64-v2": "sse4_2", "x86-64-v3": "avx2",
              "x86-64-v4": "avx512vl"}


@pytest.fixture(name="folder", scope="module")
def make_folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("peers")


def export(folder: pathlib.Path, name: str) -> pathlib.Path:
    """The network of bench/networks.py as ONNX."""
    onnx = folder / f"{name}.onnx"
    if not onnx.exists():
        weights = folder / f"{name}.pth"
        model = networks.randomize(getattr(networks, name)())
        torch.save(model.state_dict(), weights)
        models.export(weights, onnx, f"networks:{name}",
                      "image=1,3,224,224")
    return onnx


def run_skerry(*arguments: object) -> None:
    result = subprocess.run([str(BUILD / "bin/skerry"), *map(str, arguments)],
                            capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def infer(compiled: pathlib.Path, image: "numpy.ndarray",
          threads: int) -> list:
    """What `skerry run` writes for `image`."""
    folder = compiled.with_suffix(f".{threads}")
    folder.mkdir()
    numpy.save(folder / "image.npy", image)
    run_skerry("run", compiled, "--input", f"image={folder}/image.npy",
               "--output-dir", folder, "--threads", threads)
    return [numpy.load(folder / "output.npy")]


def compile_for(onnx: pathlib.Path, target: str) -> pathlib.Path:
    compiled = onnx.with_name(f"{onnx.stem}-{target}.so")
    run_skerry("compile", onnx, "-o", compiled, "--target", target,
               "--no-self-check")
    return compiled


def infer_elsewhere(onnx: pathlib.Path, image: "numpy.ndarray") -> list:
    """infer(), by the network compiled for aarch64, under qemu."""
    compiled = compile_for(onnx, "aarch64")
    numpy.save(onnx.with_suffix(".npy"), image)
    prefix = onnx.with_suffix(".out")
    subprocess.run(
        [*EMULATOR, str(RUN_MODEL), str(compiled), str(prefix), "1",
         str(onnx.with_suffix(".npy"))], check=True)
    return [numpy.fromfile(f"{prefix}0.bin", "float32").reshape(1, -1)]


def expected(onnx: pathlib.Path) -> "tuple[numpy.ndarray, list]":
    """An image, and what ONNX Runtime makes of it."""
    image = numpy.random.default_rng(3).random((1, 3, 224, 224), "float32")
    session = onnxruntime.InferenceSession(
        str(onnx), providers=["CPUExecutionProvider"])
    return image, session.run(None, {"image": image})


@pytest.mark.parametrize("target", ["native", *FEATURE_OF])
@pytest.mark.parametrize("name", networks.NETWORKS)
def test_a_network_agrees_with_onnxruntime(folder: pathlib.Path, name: str,
                                           target: str) -> None:
    needed = FEATURE_OF.get(target, "")
    if needed not in pathlib.Path("/proc/cpuinfo").read_text():
        pytest.skip(f"this CPU has no {needed}")
    onnx = export(folder, name)
    image, wanted = expected(onnx)

    compiled = compile_for(onnx, target)
    one = infer(compiled, image, 1)
    two = infer(compiled, image, 2)

    assert measure.relative_error(one, wanted) < TOLERANCE
    assert numpy.array_equal(one[0], two[0]), "threads change the result"


@pytest.mark.parametrize("name", networks.NETWORKS)
def test_a_network_agrees_with_onnxruntime_on_arm(folder: pathlib.Path,
                                                  name: str) -> None:
    if not RUN_MODEL.exists():
        pytest.skip(f"not built: {RUN_MODEL}")
    onnx = export(folder, name)
    image, wanted = expected(onnx)

    found = infer_elsewhere(onnx, image)

    assert measure.relative_error(found, wanted) < TOLERANCE


def test_equal_input_gives_equal_bytes(folder: pathlib.Path) -> None:
    onnx = export(folder, "mobilenet_v3_small")

    first = compile_for(onnx, "x86-64-v3").read_bytes()
    again = compile_for(onnx, "x86-64-v3").read_bytes()

    assert first == again
