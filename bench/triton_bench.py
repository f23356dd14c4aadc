"""Measures the agent beside Triton Inference Server, with Triton's own client.

usage: triton_bench.py [--build DIR] [--seconds S] [--rounds N]

Needs tritonclient[grpc] and nvidia-pytriton, whose wheel holds the server:
pip install 'tritonclient[grpc]' nvidia-pytriton numpy onnx

Both servers answer one and the same client, request by request, in turns:
an identity of 4 floats, and the mean of a 600 KB image. The agent listens on
its unix socket; Triton, which has none, on TCP of this machine, and runs the
model by its Python backend. What the model itself took, by each server's own
statistics, is taken off, so that the rest is the server's and the client's.
Prints Markdown.
"""

import argparse
import contextlib
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from typing import Iterator

import numpy
import tritonclient.grpc

ROOT = pathlib.Path(__file__).resolve().parents[1]
GRPC_PORT = 18001

MODEL = """
import numpy
import triton_python_backend_utils as utils

class TritonPythonModel:
    def execute(self, requests):
        answers = []
        for request in requests:
            x = utils.get_input_tensor_by_name(request, "x").as_numpy()
            answers.append(utils.InferenceResponse(
                [utils.Tensor("y", %s)]))
        return answers
"""

CONFIG = """
name: "%s"
backend: "python"
max_batch_size: 0
input [{ name: "x" data_type: TYPE_FP32 dims: %s }]
output [{ name: "y" data_type: TYPE_FP32 dims: %s }]
instance_group [{ kind: KIND_CPU count: 1 }]
"""

# Input shape, output shape, and the model in Python.
MODELS = {
    "tiny": ([1, 4], [1, 4], "x"),
    "image": ([1, 3, 224, 224], [1, 3, 1, 1],
              "x.mean(axis=(2, 3), keepdims=True)"),
}


@contextlib.contextmanager
def triton(folder: pathlib.Path) -> Iterator[str]:
    """A Triton server of MODELS; its address."""
    spec = importlib.util.find_spec("pytriton")
    if spec is None or spec.origin is None:
        sys.exit("nvidia-pytriton is not installed; see --help")
    home = pathlib.Path(spec.origin).parent / "tritonserver"
    for name, (inputs, outputs, body) in MODELS.items():
        (folder / name / "1").mkdir(parents=True)
        (folder / name / "1" / "model.py").write_text(MODEL % body)
        (folder / name / "config.pbtxt").write_text(
            CONFIG % (name, inputs, outputs))
    stub = (home / "python_backend_stubs" /
            f"{sys.version_info.major}.{sys.version_info.minor}")
    backends = folder.parent / "backends"
    backends.mkdir()
    (backends / "python").mkdir()
    for file in (*(home / "backends" / "python").glob("*.*"),
                 stub / "triton_python_backend_stub"):
        (backends / "python" / file.name).symlink_to(file)
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    with subprocess.Popen(
            [home / "bin" / "tritonserver", "--model-repository", folder,
             "--backend-directory", backends, "--grpc-port", str(GRPC_PORT),
             "--allow-http", "false", "--allow-metrics", "false",
             "--log-verbose", "0"],
            env=environment, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE) as server:
        try:
            yield f"localhost:{GRPC_PORT}"
        finally:
            server.terminate()
            server.communicate()


def await_ready(client: tritonclient.grpc.InferenceServerClient) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(tritonclient.grpc.InferenceServerException):
            if all(client.is_model_ready(name) for name in MODELS):
                return
        time.sleep(0.2)
    sys.exit("a server was not ready within 60 s")


def model_time(client: tritonclient.grpc.InferenceServerClient,
               name: str) -> tuple[int, int]:
    """Nanoseconds in the model so far, and how many requests they were."""
    statistics = client.get_inference_statistics(name, as_json=True)
    infer = statistics["model_stats"][0]["inference_stats"]["compute_infer"]
    return int(infer.get("ns", 0)), int(infer.get("count", 0))


def ask(client: tritonclient.grpc.InferenceServerClient, name: str,
        seconds: float) -> tuple[list[float], float]:
    """Latencies in us, and the model's mean time in us."""
    values = numpy.random.default_rng(1).random(MODELS[name][0],
                                                dtype=numpy.float32)
    tensor = tritonclient.grpc.InferInput("x", list(values.shape), "FP32")
    tensor.set_data_from_numpy(values)
    for _ in range(50):
        client.infer(name, [tensor])
    before, latencies = model_time(client, name), []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.perf_counter_ns()
        result = client.infer(name, [tensor])
        latencies.append((time.perf_counter_ns() - start) / 1e3)
    assert result.as_numpy("y").shape == tuple(MODELS[name][1])
    after = model_time(client, name)
    return latencies, (after[0] - before[0]) / (after[1] - before[1]) / 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description="the agent beside Triton")
    parser.add_argument("--build", default=str(ROOT / "build" / "ci"))
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    os.environ["SKERRY_BUILD"] = str(pathlib.Path(options.build).resolve())
    sys.path.insert(0, str(ROOT / "tests" / "integration"))
    sys.path.insert(0, str(ROOT / "bench"))
    # pylint: disable=import-outside-toplevel
    import agent
    import agent_bench

    with tempfile.TemporaryDirectory() as temporary, \
            contextlib.ExitStack() as stack:
        folder = pathlib.Path(temporary)
        (folder / "models").mkdir()
        ours = stack.enter_context(
            agent.Agent(folder, "--repository", folder / "models"))
        identity = folder / "identity"
        identity.mkdir()
        ours.load("tiny", agent.compiled(agent.cli.save(
            identity / "identity.onnx",
            [agent.helper.make_node("Identity", ["x"], ["y"])],
            {"x": (1, 4)}, {"y": (1, 4)}, {})))
        ours.load("image", agent_bench.small_mean(agent, folder / "mean"))
        address = stack.enter_context(triton(folder / "triton"))
        clients = {
            "Skerry": tritonclient.grpc.InferenceServerClient(
                f"unix:{ours.socket}"),
            "Triton": tritonclient.grpc.InferenceServerClient(address)}
        for client in clients.values():
            await_ready(client)
        print("| model | server | requests | p50 us | p99 us | model us | "
              "beyond the model, p50 us | p99 us |\n|" + " --- |" * 8)
        for name in MODELS:
            latencies = {server: [] for server in clients}
            models = {server: [] for server in clients}
            for _ in range(options.rounds):
                for server, client in clients.items():
                    found, model = ask(client, name, options.seconds)
                    latencies[server] += found
                    models[server].append(model)
            for server, found in latencies.items():
                p50, p99 = numpy.percentile(found, [50, 99])
                model = numpy.median(models[server])
                print(f"| {name} | {server} | {len(found)} | {p50:.0f} | "
                      f"{p99:.0f} | {model:.0f} | {p50 - model:.0f} | "
                      f"{p99 - model:.0f} |", flush=True)


if __name__ == "__main__":
    main()
