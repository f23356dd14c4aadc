"""The program `skerry` for the tests of its commands, and models to feed it."""

import os
import pathlib
import subprocess

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SKERRY_BUILD", ROOT / "build/dev"))
PROGRAM = BUILD / "bin" / "skerry"
IMAGES = ROOT / "tests" / "data" / "images"
INPUT_SHAPE = (1, 3, 8, 8)
OUTPUT_NAME = "scores/out:0"  # no file can be called this


def skerry(*arguments: object, cwd: pathlib.Path | None = None,
           env: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    """Runs the program; the caller looks at the exit code."""
    return subprocess.run(
        [str(PROGRAM), *map(str, arguments)], capture_output=True, text=True,
        check=False, cwd=cwd, timeout=300,
        env=None if env is None else {**os.environ, **env})


def fails(result: subprocess.CompletedProcess, *words: str,
          code: int = 2) -> bool:
    """Whether the program said what is wrong, in words that help."""
    assert result.returncode == code, (result.returncode, result.stderr)
    assert result.stderr.startswith("skerry: error: "), result.stderr
    assert not result.stdout, result.stdout
    for word in words:
        assert word in result.stderr, result.stderr
    return True


def weights() -> numpy.ndarray:
    return numpy.random.default_rng(1).standard_normal(
        (4, 3, 3, 3)).astype(numpy.float32)


def classifier(path: pathlib.Path) -> pathlib.Path:
    """A convolution, its mean over the image, and a softmax of 4 scores."""
    nodes = [
        helper.make_node("Conv", ["image", "w"], ["conv"], name="first",
                         pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["conv"], ["relu"], name="second"),
        helper.make_node("GlobalAveragePool", ["relu"], ["pool"]),
        helper.make_node("Softmax", ["pool"], [OUTPUT_NAME], axis=1),
    ]
    return save(path, nodes, {"image": INPUT_SHAPE},
                {OUTPUT_NAME: (1, 4, 1, 1)}, {"w": weights()})


def adder(path: pathlib.Path) -> pathlib.Path:
    """Two inputs, their sum and their difference."""
    nodes = [helper.make_node("Add", ["a", "b"], ["sum"]),
             helper.make_node("Sub", ["a", "b"], ["difference"])]
    shapes = {"a": (2, 3), "b": (2, 3)}
    return save(path, nodes, shapes, {"sum": (2, 3), "difference": (2, 3)}, {})


def save(path: pathlib.Path, nodes: list, inputs: dict, outputs: dict,
         constants: dict) -> pathlib.Path:
    def infos(shapes: dict) -> list:
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                for name, shape in shapes.items()]

    graph = helper.make_graph(
        nodes, path.stem, infos(inputs), infos(outputs),
        [numpy_helper.from_array(array, name)
         for name, array in constants.items()])
    model = helper.make_model(graph, ir_version=7, opset_imports=[
        helper.make_opsetid("", 13)])
    onnx.save(model, str(path))
    return path


def expected_scores(image: numpy.ndarray) -> numpy.ndarray:
    """What `classifier` gives for `image`, by numpy."""
    padded = numpy.pad(image[0], ((0, 0), (1, 1), (1, 1)))
    windows = numpy.lib.stride_tricks.sliding_window_view(
        padded, (3, 3), axis=(1, 2))
    conv = numpy.einsum("cyxij,ocij->oyx", windows, weights())
    pool = numpy.maximum(conv, 0).mean((1, 2))
    power = numpy.exp(pool - pool.max())
    return (power / power.sum()).reshape(1, 4, 1, 1)
