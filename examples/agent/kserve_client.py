"""Infers with KServe's clients, gRPC and REST, over the agent's socket.

usage: kserve_client.py MODEL --socket PATH

Needs kserve and numpy.
"""

import argparse
import asyncio

import httpx
import kserve
import numpy
from kserve import InferenceGRPCClient, InferenceRESTClient, InferRequest
from kserve.inference_client import RESTConfig

# The host is not looked up: the transport below goes to the socket.
BASE_URL = "http://agent"


def request_for(model: str, name: str,
                array: numpy.ndarray) -> InferRequest:
    """A request with one input."""
    tensor = kserve.InferInput(name, list(array.shape), "FP32")
    tensor.set_data_from_numpy(array, binary_data=False)
    return InferRequest(model_name=model, infer_inputs=[tensor])


async def infer_by_grpc(socket: str, model: str, name: str,
                        array: numpy.ndarray) -> numpy.ndarray:
    """The first output, by gRPC."""
    client = InferenceGRPCClient(f"unix:{socket}")
    try:
        assert await client.is_server_ready()
        assert await client.is_model_ready(model)
        response = await client.infer(request_for(model, name, array))
        return response.outputs[0].as_numpy()
    finally:
        await client.close()


async def infer_by_rest(socket: str, model: str, name: str,
                        array: numpy.ndarray) -> numpy.ndarray:
    """The first output, by REST."""
    client = InferenceRESTClient(RESTConfig(
        transport=httpx.AsyncHTTPTransport(uds=socket), protocol="v2"))
    try:
        assert await client.is_server_ready(BASE_URL)
        assert await client.is_model_ready(BASE_URL, model)
        response = await client.infer(
            BASE_URL, request_for(model, name, array), model_name=model)
        return response.outputs[0].as_numpy()
    finally:
        await client.close()


async def read_metadata(socket: str, model: str) -> dict:
    """What the agent says of `model`."""
    transport = httpx.AsyncHTTPTransport(uds=socket)
    async with httpx.AsyncClient(transport=transport) as client:
        response = await client.get(f"{BASE_URL}/v2/models/{model}")
        return response.raise_for_status().json()


async def main() -> None:
    parser = argparse.ArgumentParser(description="KServe clients")
    parser.add_argument("model")
    parser.add_argument("--socket", required=True)
    options = parser.parse_args()

    metadata = await read_metadata(options.socket, options.model)
    entry = metadata["inputs"][0]
    array = numpy.random.default_rng(0).random(
        entry["shape"]).astype(numpy.float32)
    by_grpc = await infer_by_grpc(options.socket, options.model,
                                  entry["name"], array)
    by_rest = await infer_by_rest(options.socket, options.model,
                                  entry["name"], array)
    print("gRPC:", by_grpc.shape, "REST:", by_rest.shape,
          "equal:", bool(numpy.allclose(by_grpc, by_rest)))


if __name__ == "__main__":
    asyncio.run(main())
