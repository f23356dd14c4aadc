"""Infers with NVIDIA's Triton client: gRPC, HTTP, and system shared memory.

usage: triton_client.py MODEL [--grpc URL] [--http HOST:PORT]

URL is HOST:PORT of `skerry-agent --grpc-listen`, or the agent's socket as
unix:///PATH. The HTTP client knows only TCP (`--http-listen`); shared memory
goes only over the socket, since the agent must know whose memory it is.
Needs tritonclient[grpc,http] and numpy.
"""

import argparse
import types

import numpy
import tritonclient.grpc as over_grpc
import tritonclient.http as over_http
from tritonclient.utils import shared_memory, triton_to_np_dtype


def metadata_of(client: object, model: str) -> dict:
    """What the agent says of `model`, alike for both clients."""
    if isinstance(client, over_grpc.InferenceServerClient):
        return client.get_model_metadata(model, as_json=True)
    return client.get_model_metadata(model)


def random_inputs(metadata: dict) -> dict[str, numpy.ndarray]:
    """An array for each input."""
    generator = numpy.random.default_rng(0)
    return {entry["name"]: generator.random(
        [int(extent) for extent in entry["shape"]]).astype(
            triton_to_np_dtype(entry["datatype"]))
        for entry in metadata["inputs"]}


def infer(module: types.ModuleType, client: object, model: str,
          arrays: dict[str, numpy.ndarray]) -> dict[str, numpy.ndarray]:
    """Sends `arrays` in the request. `module` is the client's."""
    metadata = metadata_of(client, model)
    inputs = []
    for entry in metadata["inputs"]:
        array = arrays[entry["name"]]
        tensor = module.InferInput(entry["name"], array.shape,
                                   entry["datatype"])
        tensor.set_data_from_numpy(array)
        inputs.append(tensor)
    result = client.infer(model, inputs)
    return {entry["name"]: result.as_numpy(entry["name"])
            for entry in metadata["outputs"]}


def infer_in_shared_memory(
        client: over_grpc.InferenceServerClient, model: str,
        array: numpy.ndarray) -> numpy.ndarray:
    """Lets the agent read the only input, and write the first output, in
    memory that both map."""
    metadata = metadata_of(client, model)
    source, target = metadata["inputs"][0], metadata["outputs"][0]
    shape = [int(extent) for extent in target["shape"]]
    kind = triton_to_np_dtype(target["datatype"])
    output_bytes = int(numpy.prod(shape)) * numpy.dtype(kind).itemsize
    size = array.nbytes + output_bytes
    region = shared_memory.create_shared_memory_region(
        "example", "/skerry_triton_example", size)
    try:
        shared_memory.set_shared_memory_region(region, [array])
        client.register_system_shared_memory("example",
                                             "/skerry_triton_example", size)
        tensor = over_grpc.InferInput(source["name"], array.shape,
                                      source["datatype"])
        tensor.set_shared_memory("example", array.nbytes)
        output = over_grpc.InferRequestedOutput(target["name"])
        output.set_shared_memory("example", output_bytes, array.nbytes)
        client.infer(model, [tensor], outputs=[output])
        return shared_memory.get_contents_as_numpy(
            region, kind, shape, offset=array.nbytes).copy()
    finally:
        client.unregister_system_shared_memory("example")
        shared_memory.destroy_shared_memory_region(region)


def main() -> None:
    parser = argparse.ArgumentParser(description="Triton clients")
    parser.add_argument("model")
    parser.add_argument("--grpc")
    parser.add_argument("--http")
    options = parser.parse_args()

    if options.grpc:
        client = over_grpc.InferenceServerClient(options.grpc)
        arrays = random_inputs(metadata_of(client, options.model))
        outputs = infer(over_grpc, client, options.model, arrays)
        print("gRPC:", {name: array.shape for name, array in outputs.items()})
        if options.grpc.startswith("unix:") and len(arrays) == 1:
            output = infer_in_shared_memory(client, options.model,
                                            *arrays.values())
            print("shared memory:", output.shape)
    if options.http:
        client = over_http.InferenceServerClient(options.http)
        arrays = random_inputs(metadata_of(client, options.model))
        outputs = infer(over_http, client, options.model, arrays)
        print("HTTP:", {name: array.shape for name, array in outputs.items()})


if __name__ == "__main__":
    main()
