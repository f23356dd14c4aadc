"""The models of a bench run: those it makes, and those in a folder."""

import dataclasses
import pathlib
import subprocess
import sys

import numpy

ROOT = pathlib.Path(__file__).resolve().parent.parent
SEED = 7

NUMPY_TYPES = {1: "float32", 2: "uint8", 3: "int8", 6: "int32", 7: "int64",
               9: "bool", 11: "float64"}


@dataclasses.dataclass
class Model:
    """An ONNX file, its inputs, and PyTorch's form of it if there is one."""

    name: str
    onnx: pathlib.Path
    torch: str | None = None
    inputs: dict[str, numpy.ndarray] = dataclasses.field(default_factory=dict)


def make_networks(folder: pathlib.Path, say) -> list[Model]:
    """The generated networks; exports those that are not in `folder` yet."""
    import networks
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    models = []
    for name in networks.NETWORKS:
        weights = folder / f"{name}.pth"
        onnx = folder / f"{name}.onnx"
        arch = f"networks:{name}"
        if not onnx.exists():
            say(f"making {name}")
            model = networks.randomize(getattr(networks, name)())
            torch.save(model.state_dict(), weights)
            export(weights, onnx, arch, "image=1,3,224,224")
        models.append(Model(name, onnx, f"{weights}|{arch}"))
    return models


def export(weights: pathlib.Path, onnx: pathlib.Path, arch: str,
           shape: str) -> None:
    """Runs importers/torch_to_onnx.py; its modules may be in bench/."""
    subprocess.run(
        [sys.executable, "-B", str(ROOT / "importers" / "torch_to_onnx.py"),
         str(weights.resolve()), str(onnx.resolve()), "--arch", arch,
         "--input", shape],
        check=True, cwd=ROOT / "bench")


def find_models(folder: pathlib.Path) -> list[Model]:
    """Every ONNX file below `folder`, named by its path there."""
    paths = sorted(folder.rglob("*.onnx"))
    return [Model(str(path.relative_to(folder).with_suffix("")), path)
            for path in paths]


def make_inputs(model: Model) -> None:
    """Fills `model.inputs` with random data; unknown extents become 1.

    Raises ValueError if the file cannot be read or an input cannot be made.
    """
    import onnx

    try:
        graph = onnx.load(model.onnx, load_external_data=False).graph
    except Exception as error:
        raise ValueError(f"not an ONNX file: {error}") from error
    constants = {tensor.name for tensor in graph.initializer}
    random = numpy.random.default_rng(SEED)
    for value in graph.input:
        if value.name in constants:
            continue
        kind = value.type.tensor_type
        if kind.elem_type not in NUMPY_TYPES or not kind.HasField("shape"):
            raise ValueError(f"input '{value.name}' has no usable type")
        shape = [max(dim.dim_value, 1) for dim in kind.shape.dim]
        model.inputs[value.name] = random_array(
            random, shape, NUMPY_TYPES[kind.elem_type])


def random_array(random: numpy.random.Generator, shape: list[int],
                 kind: str) -> numpy.ndarray:
    """Uniform in [0, 1) or, if bytes, in all they hold; other integers: 0."""
    if kind in ("float32", "float64"):
        return random.random(shape).astype(kind)
    if kind in ("uint8", "int8"):
        low, high = (0, 256) if kind == "uint8" else (-128, 128)
        return random.integers(low, high, shape).astype(kind)
    return numpy.zeros(shape, kind)
