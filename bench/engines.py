"""The engines that the bench compares, behind one interface.

Each class imports its library in `load`, so that a process holds one engine.
All run in 32-bit floating point, with the threads they are given, through the
cheapest call that their Python binding has: buffers are bound once.
"""

import pathlib
import sys
from collections.abc import Mapping

import numpy

Arrays = dict[str, numpy.ndarray]
ROOT = pathlib.Path(__file__).resolve().parent.parent


class Engine:
    """Loads one model, then runs it on one input.

    `load` reads `model` and takes `inputs` by name; `run` infers once and
    leaves the results where `outputs` finds them, by name or position.
    """

    def load(self, model: str, threads: int, inputs: Arrays) -> None:
        raise NotImplementedError

    def run(self) -> None:
        raise NotImplementedError

    def outputs(self) -> list[numpy.ndarray]:
        raise NotImplementedError

    def version(self) -> str:
        raise NotImplementedError


class Skerry(Engine):
    """A compiled model in libskerry.so, by its C API."""

    def load(self, model: str, threads: int, inputs: Arrays) -> None:
        import skerry_binding

        self._session = skerry_binding.Session(model, threads)
        self._session.bind(inputs)

    def run(self) -> None:
        self._session.run()

    def outputs(self) -> list[numpy.ndarray]:
        return list(self._session.outputs.values())

    def version(self) -> str:
        return self._session.version()


class OnnxRuntime(Engine):
    """ONNX Runtime, CPU provider, all its optimisations (the default)."""

    def load(self, model: str, threads: int, inputs: Arrays) -> None:
        import onnxruntime

        self._version = onnxruntime.__version__
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"])
        self._binding = self._session.io_binding()
        for name, array in inputs.items():
            self._binding.bind_cpu_input(name, array)
        for output in self._session.get_outputs():
            self._binding.bind_output(output.name)

    def run(self) -> None:
        self._session.run_with_iobinding(self._binding)

    def outputs(self) -> list[numpy.ndarray]:
        return self._binding.copy_outputs_to_cpu()

    def version(self) -> str:
        return self._version


class OpenVino(Engine):
    """OpenVINO's CPU plugin, told to favour latency and stay in fp32."""

    def load(self, model: str, threads: int, inputs: Arrays) -> None:
        import openvino

        self._version = openvino.__version__.split("-")[0]
        core = openvino.Core()
        compiled = core.compile_model(model, "CPU", {
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
        })
        self._outputs = len(compiled.outputs)
        self._request = compiled.create_infer_request()
        self._arrays = inputs
        for name, array in inputs.items():
            self._request.set_tensor(
                name, openvino.Tensor(array, shared_memory=True))
        self._core = core

    def run(self) -> None:
        # Not infer(): it would look at the inputs again.
        self._request.start_async()
        self._request.wait()

    def outputs(self) -> list[numpy.ndarray]:
        return [numpy.array(self._request.get_output_tensor(index).data)
                for index in range(self._outputs)]

    def version(self) -> str:
        return self._version


class Torch(Engine):
    """PyTorch as people call it first: eager, no gradients.

    `model` is `WEIGHTS|MODULE:CALLABLE(...)`, as for importers/torch_to_onnx.
    """

    def load(self, model: str, threads: int, inputs: Arrays) -> None:
        sys.path[:0] = [str(ROOT / "importers"), str(ROOT / "bench")]
        import torch
        import torch_to_onnx

        torch.set_num_threads(threads)
        torch.set_num_interop_threads(1)
        torch.set_grad_enabled(False)
        weights, _, arch = model.partition("|")
        self._torch = torch
        self._model = torch_to_onnx.load_model(pathlib.Path(weights), arch)
        self._inputs = [torch.from_numpy(a) for a in inputs.values()]
        self._result = None

    def run(self) -> None:
        self._result = self._model(*self._inputs)

    def outputs(self) -> list[numpy.ndarray]:
        results = self._result
        if not isinstance(results, (list, tuple)):
            results = [results]
        return [result.numpy() for result in results]

    def version(self) -> str:
        return self._torch.__version__.split("a0")[0]


ENGINES: Mapping[str, type[Engine]] = {
    "skerry": Skerry,
    "onnxruntime": OnnxRuntime,
    "openvino": OpenVino,
    "torch": Torch,
}
