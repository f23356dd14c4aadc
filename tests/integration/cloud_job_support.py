"""Jobs of skerry-cloud by boto3: requests, and waiting for their end."""

from __future__ import annotations

import pathlib
import time

import boto3
from botocore.config import Config

import cloud
from cloud_models import archive_of, system_python

ROLE = "arn:aws:iam::000000000000:role/SageMakerRole"
JOB_WAIT_S = 240

MAKE_TINY = """
import sys
from onnx import TensorProto, checker, helper, save
x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])
y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])
graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "tiny",
                          [x], [y])
model = helper.make_model(graph,
                          opset_imports=[helper.make_opsetid("", 13)])
model.ir_version = 7
checker.check_model(model)
save(model, sys.argv[1])
"""


def client(plane: cloud.Cloud, service: str):
    keys = plane.keys
    return boto3.client(
        service, endpoint_url=plane.url,
        region_name=keys["AWS_DEFAULT_REGION"],
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        config=Config(s3={"addressing_style": "path"},
                      retries={"max_attempts": 1},
                      connect_timeout=5, read_timeout=60))


def tiny_archive(folder: pathlib.Path) -> bytes:
    """The archive of a model that compiles in a moment."""
    path = folder / "tiny.onnx"
    system_python(MAKE_TINY, path)
    return archive_of(path)


def compile_request(name: str, **output: object) -> dict:
    return {"CompilationJobName": name, "RoleArn": ROLE,
            "InputConfig": {
                "S3Uri": "s3://models/in/defect-detector.tar.gz",
                "DataInputConfig": '{"input": [1, 3, 224, 224]}',
                "Framework": "PYTORCH"},
            "OutputConfig": {"S3OutputLocation": "s3://models/out/",
                             **output},
            "StoppingCondition": {"MaxRuntimeInSeconds": 900}}


def tiny_request(name: str, options: str = '{"self_check": false}') -> dict:
    request = compile_request(name, TargetDevice="ml_c4",
                              CompilerOptions=options)
    request["InputConfig"] = {"S3Uri": "s3://models/in/tiny.tar.gz",
                              "DataInputConfig": "{'x': [1, 4]}",
                              "Framework": "ONNX"}
    request["OutputConfig"]["S3OutputLocation"] = f"s3://models/tiny/{name}"
    return request


def await_compilation(sagemaker, name: str, wait_s: float = JOB_WAIT_S) -> dict:
    end = time.monotonic() + wait_s
    while time.monotonic() < end:
        job = sagemaker.describe_compilation_job(CompilationJobName=name)
        if job["CompilationJobStatus"] in ("COMPLETED", "FAILED", "STOPPED"):
            return job
        time.sleep(0.2)
    raise AssertionError(f"job {name} does not end: {job}")


def compiled(sagemaker, request: dict) -> dict:
    sagemaker.create_compilation_job(**request)
    return await_compilation(sagemaker, request["CompilationJobName"])


def download(s3, uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def package(sagemaker, name: str, compilation: str, version: str) -> dict:
    sagemaker.create_edge_packaging_job(
        EdgePackagingJobName=name, CompilationJobName=compilation,
        ModelName="defect-detector", ModelVersion=version, RoleArn=ROLE,
        OutputConfig={"S3OutputLocation": "s3://models/packages"})
    end = time.monotonic() + JOB_WAIT_S
    while time.monotonic() < end:
        job = sagemaker.describe_edge_packaging_job(EdgePackagingJobName=name)
        if job["EdgePackagingJobStatus"] in ("COMPLETED", "FAILED"):
            return job
        time.sleep(0.1)
    raise AssertionError(f"job {name} does not end: {job}")
