"""Loads a model into an agent, lists what there is, and predicts an image.

usage: classic_flow.py MODEL_FOLDER MODEL_NAME [IMAGE.npy] [--socket URI]

The flow of clients that were written for SageMaker Edge Manager: it needs
grpcio, numpy, and the stubs made from proto/edge_agent.proto:

    python -m grpc_tools.protoc --proto_path=proto --python_out=. \
        --grpc_python_out=. edge_agent.proto
"""

import argparse

import grpc
import numpy

import edge_agent_pb2 as agent
import edge_agent_pb2_grpc as agent_grpc

SOCKET = "unix:///tmp/sagemaker_edge_agent_example.sock"
FLOAT32 = 5


def load(stub: agent_grpc.AgentStub, folder: str, name: str) -> None:
    """Loads the package in `folder`; an alias that is taken is no fault."""
    try:
        stub.LoadModel(agent.LoadModelRequest(url=folder, name=name))
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.ALREADY_EXISTS:
            raise


def describe(stub: agent_grpc.AgentStub, name: str) -> agent.Model:
    """The model `name` among those that the agent has."""
    for model in stub.ListModels(agent.ListModelsRequest()).models:
        if model.name == name:
            return model
    raise SystemExit(f"the agent has no model '{name}'")


def predict(stub: agent_grpc.AgentStub, model: agent.Model,
            image: numpy.ndarray) -> list[numpy.ndarray]:
    """The model's outputs for `image`."""
    metadata = model.input_tensor_metadatas[0]
    tensor = agent.Tensor(
        tensor_metadata=agent.TensorMetadata(
            name=metadata.name, data_type=FLOAT32, shape=metadata.shape),
        byte_data=image.astype(numpy.float32).tobytes())
    response = stub.Predict(
        agent.PredictRequest(name=model.name, tensors=[tensor]))
    return [numpy.frombuffer(each.byte_data, numpy.float32).reshape(
        each.tensor_metadata.shape) for each in response.tensors]


def main() -> None:
    parser = argparse.ArgumentParser(description="classic agent client")
    parser.add_argument("folder")
    parser.add_argument("name")
    parser.add_argument("image", nargs="?")
    parser.add_argument("--socket", default=SOCKET)
    options = parser.parse_args()

    with grpc.insecure_channel(
            options.socket,
            options=[("grpc.enable_http_proxy", 0),
                     ("grpc.max_receive_message_length", 64 << 20)]) as channel:
        stub = agent_grpc.AgentStub(channel)
        load(stub, options.folder, options.name)
        model = describe(stub, options.name)
        shape = tuple(model.input_tensor_metadatas[0].shape)
        image = (numpy.load(options.image).reshape(shape) if options.image
                 else numpy.random.default_rng(0).random(shape))
        scores = predict(stub, model, image)[0].ravel()
        best = int(scores.argmax())
        print(f"{model.name}: largest score {scores[best]:.4f} at {best}")


if __name__ == "__main__":
    main()
