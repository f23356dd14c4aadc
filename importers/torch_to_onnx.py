#!/usr/bin/env python3
"""Turns a PyTorch model into ONNX, with the PyTorch that is installed.

  torch_to_onnx.py MODEL.pt OUT.onnx --input image=1,3,224,224
  torch_to_onnx.py WEIGHTS.pth OUT.onnx --input image=1,3,224,224 \\
      --arch 'torchvision.models:resnet18(num_classes=10)'

MODEL is either TorchScript (of torch.jit.save), which is complete, or a
state dict (of torch.save), which needs --arch to say what network the weights
belong to. Shapes are fixed at what --input says.

Exit codes: 0 done; 2 the model or an option is wrong, standard error says
what; 3 there is no PyTorch.
"""

import argparse
import ast
import importlib
import inspect
import os
import pathlib
import pickle
import sys
import warnings

try:
    import torch
except ImportError:
    torch = None

OPSET = 13
INPUT_TYPES = ("float32", "float64", "int64", "int32", "uint8", "int8",
               "bool")


class ImportFailure(Exception):
    """What is wrong with the model or an option, in one line."""


def parse_input(text: str) -> tuple[str, list[int], str]:
    """Reads `NAME=1,3,224,224` or `NAME=1,3,224,224:int64`."""
    name, equals, rest = text.partition("=")
    dims, _, dtype = rest.partition(":")
    try:
        shape = [int(dim) for dim in dims.split(",")] if dims else []
    except ValueError:
        shape = [0]
    if not name or not equals or any(dim < 1 for dim in shape):
        raise argparse.ArgumentTypeError(
            f"'{text}': want NAME=DIM,DIM,..., such as image=1,3,224,224")
    if (dtype or "float32") not in INPUT_TYPES:
        raise argparse.ArgumentTypeError(
            f"'{text}': type '{dtype}' is none of {', '.join(INPUT_TYPES)}")
    return name, shape, dtype or "float32"


def build_architecture(text: str) -> "torch.nn.Module":
    """Makes the network that `module:callable` or `module:callable(args)` is.

    The module may be a file in the current folder. The arguments are literals;
    nothing else is evaluated.
    """
    module_name, colon, expression = text.partition(":")
    if not colon:
        raise ImportFailure(f"--arch '{text}': want MODULE:CALLABLE")
    path, args, kwargs = parse_call(text, expression)
    sys.path.append(os.getcwd())
    try:
        target = importlib.import_module(module_name)
    except ImportError as error:
        raise ImportFailure(f"--arch '{text}': {error}") from error
    for attribute in path:
        if not hasattr(target, attribute):
            raise ImportFailure(f"--arch '{text}': no '{attribute}' there")
        target = getattr(target, attribute)
    model = target(*args, **kwargs)
    if not isinstance(model, torch.nn.Module):
        raise ImportFailure(f"--arch '{text}': gives a "
                            f"{type(model).__name__}, want a torch.nn.Module")
    return model


def parse_call(text: str, expression: str) -> tuple[list[str], list, dict]:
    """Splits `a.b(1, c="x")` into its names and its literal arguments."""
    try:
        node = ast.parse(expression, mode="eval").body
        args, kwargs = [], {}
        if isinstance(node, ast.Call):
            args = [ast.literal_eval(arg) for arg in node.args]
            kwargs = {keyword.arg or "": ast.literal_eval(keyword.value)
                      for keyword in node.keywords}
            node = node.func
        path = []
        while isinstance(node, ast.Attribute):
            path.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            raise ValueError
    except (SyntaxError, ValueError) as error:
        raise ImportFailure(
            f"--arch '{text}': want MODULE:CALLABLE(LITERAL, ...)") from error
    return [node.id, *path], args, kwargs


def load_state(path: pathlib.Path) -> dict:
    """Reads a state dict, without running anything that is in the file."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError,
            UnicodeDecodeError, ValueError) as error:
        raise ImportFailure(
            f"{path}: neither TorchScript nor a plain state dict "
            f"({first_line(error)}); save it with torch.jit.save") from error
    for wrapper in ("state_dict", "model_state_dict", "model"):
        if isinstance(state, dict) and isinstance(state.get(wrapper), dict):
            state = state[wrapper]
    if not isinstance(state, dict) or not state:
        raise ImportFailure(f"{path}: holds a {type(state).__name__}, "
                            "want a state dict")
    # torch.nn.DataParallel puts this in front of every name.
    return {name.removeprefix("module."): value
            for name, value in state.items()}


def load_model(path: pathlib.Path, arch: str | None) -> "torch.nn.Module":
    """The model in `path`, ready for inference."""
    if not path.is_file():
        raise ImportFailure(f"{path}: no such file")
    if arch is None:
        try:
            return torch.jit.load(str(path), map_location="cpu").eval()
        except RuntimeError:
            load_state(path)
            raise ImportFailure(
                f"{path}: a state dict has weights but no network; say which "
                "with --arch MODULE:CALLABLE") from None
    model = build_architecture(arch)
    try:
        model.load_state_dict(load_state(path))
    except RuntimeError as error:
        raise ImportFailure(f"{path}: the weights do not fit {arch}: "
                            f"{' '.join(str(error).split())[:400]}") from error
    return model.eval()


def example_of(shape: list[int], dtype: str) -> "torch.Tensor":
    """An input with that shape; zeros index into anything."""
    kind = getattr(torch, dtype)
    if kind.is_floating_point:
        return torch.rand(shape, dtype=kind)
    return torch.zeros(shape, dtype=kind)


def count_tensors(value: object) -> int:
    """How many tensors a model's result is made of."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return sum(count_tensors(item) for item in value)
    return 1


def export(model: "torch.nn.Module", out: pathlib.Path,
           inputs: list[tuple[str, list[int], str]], opset: int) -> None:
    """Writes `model` to `out`; on failure, `out` is as it was."""
    examples = tuple(example_of(shape, dtype) for _, shape, dtype in inputs)
    try:
        with torch.no_grad():
            outputs = count_tensors(model(*examples))
    except Exception as error:
        raise ImportFailure("the model does not take these inputs: "
                            f"{first_line(error)}") from error
    names = ["output"] if outputs == 1 else [
        f"output_{index}" for index in range(outputs)]
    options = {}
    if "dynamo" in inspect.signature(torch.onnx.export).parameters:
        options["dynamo"] = False
    part = out.with_name(out.name + ".part")
    try:
        torch.onnx.export(model, examples, str(part), opset_version=opset,
                          input_names=[name for name, _, _ in inputs],
                          output_names=names, **options)
        os.replace(part, out)
    except (RuntimeError, ValueError, OSError) as error:
        raise ImportFailure(f"export: {first_line(error)}") from error
    finally:
        part.unlink(missing_ok=True)


def first_line(error: Exception) -> str:
    """The last line of the message that says something; PyTorch puts a
    traceback before it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    for line in reversed(lines):
        if "Error:" in line:
            return line
    return lines[0] if lines else type(error).__name__


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path, metavar="MODEL")
    parser.add_argument("out", type=pathlib.Path, metavar="OUT.onnx")
    parser.add_argument("--input", type=parse_input, action="append",
                        required=True, metavar="NAME=DIMS[:TYPE]",
                        help="an input, in the order of the model's own; "
                        "repeat for each")
    parser.add_argument("--arch", metavar="MODULE:CALLABLE",
                        help="what makes the network of a state dict")
    parser.add_argument("--opset", type=int, default=OPSET,
                        help=f"ONNX operator set (default {OPSET})")
    arguments = parser.parse_args()
    if torch is None:
        print(f"torch_to_onnx: {sys.executable} has no PyTorch; on Debian "
              "install python3-torch and use /usr/bin/python3",
              file=sys.stderr)
        return 3
    warnings.filterwarnings("ignore")
    try:
        model = load_model(arguments.model, arguments.arch)
        export(model, arguments.out, arguments.input, arguments.opset)
    except ImportFailure as failure:
        print(f"torch_to_onnx: {failure}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
