"""KServe's clients against the agent.

Needs build/venv-agent; `./run test agent` runs it.
"""

import asyncio
import pathlib
import subprocess
import sys

import httpx
import kserve
import numpy
import pytest
from kserve import InferenceGRPCClient, InferenceRESTClient, InferRequest
from kserve.inference_client import RESTConfig

import agent

X = numpy.arange(agent.COUNT, dtype=numpy.float32).reshape(1, -1)
BASE_URL = "http://agent"


@pytest.fixture(name="server", scope="module")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> agent.Agent:
    folder = tmp_path_factory.mktemp("kserve")
    (folder / "models").mkdir()
    with agent.Agent(folder, "--repository", folder / "models") as server:
        server.load("net", agent.affine(folder / "one", 1))
        yield server


def request(binary: bool = False) -> InferRequest:
    tensor = kserve.InferInput("x", list(X.shape), "FP32")
    tensor.set_data_from_numpy(X, binary_data=binary)
    return InferRequest(model_name="net", infer_inputs=[tensor])


def test_grpc(server: agent.Agent) -> None:
    async def calls() -> numpy.ndarray:
        client = InferenceGRPCClient(f"unix:{server.socket}")
        try:
            assert await client.is_server_live()
            assert await client.is_server_ready()
            assert await client.is_model_ready("net")
            response = await client.infer(request())
            return response.outputs[0].as_numpy()
        finally:
            await client.close()

    assert numpy.array_equal(asyncio.run(calls()), 3 * X + 1)


@pytest.mark.parametrize("binary", [False, True])
def test_rest(server: agent.Agent, binary: bool) -> None:
    async def calls() -> numpy.ndarray:
        client = InferenceRESTClient(RESTConfig(
            transport=httpx.AsyncHTTPTransport(uds=server.socket),
            protocol="v2"))
        try:
            assert await client.is_server_live(BASE_URL)
            assert await client.is_server_ready(BASE_URL)
            assert await client.is_model_ready(BASE_URL, "net")
            response = await client.infer(BASE_URL, request(binary),
                                          model_name="net")
            return response.outputs[0].as_numpy()
        finally:
            await client.close()

    assert numpy.array_equal(asyncio.run(calls()), 3 * X + 1)


def test_the_example_runs(server: agent.Agent) -> None:
    example = (pathlib.Path(agent.cli.ROOT) / "examples" / "agent" /
               "kserve_client.py")

    result = subprocess.run(
        [sys.executable, "-B", str(example), "net", "--socket",
         server.socket], capture_output=True, text=True, check=False,
        timeout=60)

    assert result.returncode == 0, result.stderr
    assert "equal: True" in result.stdout
