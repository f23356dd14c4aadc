"""SageMaker's API by stock clients: boto3 and the AWS command line."""

import datetime
import io
import json
import subprocess
import sys

import botocore.exceptions
import numpy
import pytest

import agent
import cloud_peer
import postgres

ROLE = "arn:aws:iam::000000000000:role/worker"
OUTPUT = {"S3OutputLocation": "s3://captures/north"}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def peer(tmp_path_factory, request):
    database = None
    if request.param == "postgresql":
        if not postgres.PROGRAMS.is_dir():
            pytest.skip(f"there is no {postgres.PROGRAMS}")
        database = postgres.Postgres()
    peer = cloud_peer.Peer(tmp_path_factory.mktemp("peer"),
                           database=database and database.new_database())
    yield peer
    peer.close()
    if database:
        database.stop()


@pytest.fixture(scope="module")
def sagemaker(peer):
    return peer.client()


def refused(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as fault:
        call(**arguments)
    return fault.value.response["Error"]


def test_a_fleet_from_birth_to_end(sagemaker):
    sagemaker.create_device_fleet(
        DeviceFleetName="north", RoleArn=ROLE, OutputConfig=OUTPUT,
        Tags=[{"Key": "site", "Value": "oslo"}])
    sagemaker.register_devices(
        DeviceFleetName="north",
        Devices=[{"DeviceName": f"d{i}"} for i in range(25)])

    fleet = sagemaker.describe_device_fleet(DeviceFleetName="north")
    assert isinstance(fleet["CreationTime"], datetime.datetime)
    age = datetime.datetime.now(datetime.timezone.utc) - fleet["CreationTime"]
    assert abs(age.total_seconds()) < 60
    pages = sagemaker.get_paginator("list_devices").paginate(
        DeviceFleetName="north", PaginationConfig={"PageSize": 10})
    names = [device["DeviceName"] for page in pages
             for device in page["DeviceSummaries"]]
    assert sorted(names) == sorted(f"d{i}" for i in range(25))
    assert sagemaker.list_tags(ResourceArn=fleet["DeviceFleetArn"])["Tags"] == [
        {"Key": "site", "Value": "oslo"}]

    with pytest.raises(sagemaker.exceptions.ResourceInUse):
        sagemaker.delete_device_fleet(DeviceFleetName="north")
    sagemaker.deregister_devices(DeviceFleetName="north", DeviceNames=names)
    sagemaker.delete_device_fleet(DeviceFleetName="north")


# What Terraform's provider looks for to tell that something is not there.
@pytest.mark.parametrize("operation, arguments, message", [
    ("describe_device_fleet", {"DeviceFleetName": "x"},
     "No devicefleet with name"),
    ("delete_device_fleet", {"DeviceFleetName": "x"},
     "DeviceFleet with name"),
    ("describe_device", {"DeviceFleetName": "there", "DeviceName": "x"},
     "No device with name"),
    ("describe_device", {"DeviceFleetName": "x", "DeviceName": "x"},
     "No device fleet with name"),
    ("deregister_devices", {"DeviceFleetName": "there", "DeviceNames": ["x"]},
     "Device with name"),
    ("deregister_devices", {"DeviceFleetName": "x", "DeviceNames": ["x"]},
     "No device fleet with name"),
    ("describe_model_package_group", {"ModelPackageGroupName": "x"},
     "does not exist"),
    ("get_model_package_group_policy", {"ModelPackageGroupName": "x"},
     "Cannot find Model Package Group"),
    ("get_model_package_group_policy", {"ModelPackageGroupName": "there"},
     "Cannot find resource policy"),
])
def test_what_is_missing_is_named_as_terraform_expects(
        sagemaker, operation, arguments, message):
    if "there" in arguments.values():
        for create, named in (("create_device_fleet",
                               {"DeviceFleetName": "there",
                                "OutputConfig": OUTPUT}),
                              ("create_model_package_group",
                               {"ModelPackageGroupName": "there"})):
            try:
                getattr(sagemaker, create)(**named)
            except botocore.exceptions.ClientError:
                pass  # an earlier case made it

    error = refused(getattr(sagemaker, operation), **arguments)

    assert error["Code"] == "ValidationException"
    assert message in error["Message"]


def test_typed_exceptions(sagemaker):
    with pytest.raises(sagemaker.exceptions.ResourceNotFound):
        sagemaker.describe_compilation_job(CompilationJobName="x")
    sagemaker.create_device_fleet(DeviceFleetName="twice", OutputConfig=OUTPUT)
    with pytest.raises(sagemaker.exceptions.ResourceInUse):
        sagemaker.create_device_fleet(DeviceFleetName="twice",
                                      OutputConfig=OUTPUT)


def compile_and_package(sagemaker, name):
    sagemaker.create_compilation_job(
        CompilationJobName=name, RoleArn=ROLE,
        InputConfig={"S3Uri": "s3://models/m.tar.gz", "Framework": "PYTORCH",
                     "DataInputConfig": json.dumps({"input": [1, 3, 4, 4]})},
        OutputConfig={"S3OutputLocation": "s3://models/out",
                      "TargetPlatform": {"Os": "LINUX", "Arch": "ARM64"}},
        StoppingCondition={"MaxRuntimeInSeconds": 900})
    await_status(lambda: sagemaker.describe_compilation_job(
        CompilationJobName=name)["CompilationJobStatus"])
    sagemaker.create_edge_packaging_job(
        EdgePackagingJobName=name, CompilationJobName=name,
        ModelName="detector", ModelVersion="1.0", RoleArn=ROLE,
        OutputConfig=OUTPUT)
    await_status(lambda: sagemaker.describe_edge_packaging_job(
        EdgePackagingJobName=name)["EdgePackagingJobStatus"])


def await_status(status):
    end = datetime.datetime.now() + datetime.timedelta(seconds=30)
    while status() != "COMPLETED":
        assert datetime.datetime.now() < end


def test_a_plan_reaches_a_device(peer, sagemaker):
    edge = peer.client("sagemaker-edge")
    compile_and_package(sagemaker, "whole-way")
    sagemaker.create_device_fleet(DeviceFleetName="south", OutputConfig=OUTPUT)
    sagemaker.register_devices(DeviceFleetName="south",
                               Devices=[{"DeviceName": "d1"}])
    device = {"DeviceFleetName": "south", "DeviceName": "d1"}
    stage = {"EdgeDeploymentPlanName": "plan", "StageName": "all"}
    sagemaker.create_edge_deployment_plan(
        EdgeDeploymentPlanName="plan", DeviceFleetName="south",
        ModelConfigs=[{"ModelHandle": "detector",
                       "EdgePackagingJobName": "whole-way"}],
        Stages=[{"StageName": "all", "DeviceSelectionConfig": {
            "DeviceSubsetType": "PERCENTAGE", "Percentage": 100}}])
    assert edge.get_device_registration(
        **device)["DeviceRegistration"] == "Active"
    sagemaker.start_edge_deployment_stage(**stage)

    deployment, = edge.get_deployments(**device)["Deployments"]
    assert deployment["Definitions"][0]["ModelHandle"] == "detector"
    edge.send_heartbeat(
        AgentVersion="1.0", **device,
        Models=[{"ModelName": "detector", "ModelVersion": "1.0",
                 "LatestInference": datetime.datetime.now()}],
        DeploymentResult={"DeploymentName": deployment["DeploymentName"],
                          "DeploymentStatus": "SUCCESS"})

    listed, = sagemaker.list_stage_devices(**stage)["DeviceDeploymentSummaries"]
    assert listed["DeviceDeploymentStatus"] == "DEPLOYED"
    plan = sagemaker.describe_edge_deployment_plan(
        EdgeDeploymentPlanName="plan")
    assert plan["Stages"][0]["DeploymentStatus"]["StageStatus"] == "DEPLOYED"
    assert plan["EdgeDeploymentSuccess"] == 1
    report = sagemaker.get_device_fleet_report(DeviceFleetName="south")
    assert report["ModelStats"][0]["ActiveDeviceCount"] == 1
    described = sagemaker.describe_device(**device)
    assert described["Models"][0]["ModelName"] == "detector"


def test_the_edge_data_plane_names_its_errors(peer):
    edge = peer.client("sagemaker-edge", validate=False)

    error = refused(edge.send_heartbeat, DeviceFleetName="f", DeviceName="d",
                    AgentVersion="!")

    assert error["Code"] == "ValidationException"
    assert "'agentVersion'" in error["Message"]
    assert refused(edge.get_deployments, DeviceFleetName="nowhere",
                   DeviceName="d")["Message"].startswith("No device fleet")


def test_rights_and_signatures_are_checked(peer):
    viewer = peer.client(viewer=True)
    viewer.list_device_fleets()
    assert refused(viewer.create_device_fleet, DeviceFleetName="x",
                   OutputConfig=OUTPUT)["Code"] == "AccessDeniedException"
    wrong = peer.client(secret="wrong")
    assert refused(wrong.list_device_fleets)["Code"] == (
        "InvalidSignatureException")
    nobody = peer.client(key="AKIANOBODY000000000")
    assert refused(nobody.list_device_fleets)["Code"] == (
        "UnrecognizedClientException")


def test_unknown_operations_are_named(peer, sagemaker):
    error = refused(sagemaker.list_training_jobs)
    assert error["Code"] == "UnknownOperationException"


def test_sts(peer):
    sts = peer.client("sts")
    identity = sts.get_caller_identity()
    assert identity["Account"] == "000000000000"
    assert identity["Arn"] == "arn:aws:iam::000000000000:user/peer"

    for credentials in (
            sts.get_session_token(DurationSeconds=900)["Credentials"],
            sts.assume_role(RoleArn=ROLE,
                            RoleSessionName="work")["Credentials"]):
        session = {"key": credentials["AccessKeyId"],
                   "secret": credentials["SecretAccessKey"],
                   "token": credentials["SessionToken"]}
        peer.client(**session).list_device_fleets()
        assert refused(peer.client("sts", **session).get_session_token)[
            "Code"] == "AccessDenied"
        left = (credentials["Expiration"]
                - datetime.datetime.now(datetime.timezone.utc))
        assert 800 < left.total_seconds() <= 3600

    assert refused(sts.get_session_token, DurationSeconds=129_601)["Code"] == (
        "ValidationError")
    assert refused(peer.client("sts", viewer=True).assume_role, RoleArn=ROLE,
                   RoleSessionName="work")["Code"] == "AccessDenied"
    assert refused(sts.get_federation_token, Name="xx")["Code"] == (
        "InvalidAction")


def aws(peer, *words):
    done = subprocess.run(
        [sys.executable, "-m", "awscli", "--output", "json", *words],
        env=peer.environment(), capture_output=True, text=True, check=False)
    return done


def test_the_aws_command_line(peer):
    assert json.loads(aws(peer, "sts", "get-caller-identity").stdout)[
        "Account"] == "000000000000"
    made = aws(peer, "sagemaker", "create-device-fleet", "--device-fleet-name",
               "by-cli", "--output-config", "S3OutputLocation=s3://b/k",
               "--tags", "Key=a,Value=1")
    assert made.returncode == 0, made.stderr
    listed = json.loads(aws(peer, "sagemaker", "list-device-fleets",
                            "--name-contains", "by-cli").stdout)
    assert [fleet["DeviceFleetName"]
            for fleet in listed["DeviceFleetSummaries"]] == ["by-cli"]
    missing = aws(peer, "sagemaker", "describe-device-fleet",
                  "--device-fleet-name", "nobody")
    assert missing.returncode != 0
    assert "No devicefleet with name nobody" in missing.stderr


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    """A client of a peer beside an agent that serves y = 3 * x + 1."""
    folder = tmp_path_factory.mktemp("runtime")
    (folder / "models").mkdir()
    package = agent.affine(folder / "package", 1)
    with agent.Agent(folder, "--repository", folder / "models") as served:
        served.load("affine", package)
        peer = cloud_peer.Peer(folder, agent_socket=served.socket)
        yield peer.client("sagemaker-runtime")
        peer.close()


X = numpy.arange(agent.COUNT, dtype=numpy.float32).reshape(1, agent.COUNT)
Y = 3 * X + 1


def test_invoke_with_the_open_inference_protocol(runtime):
    answer = runtime.invoke_endpoint(
        EndpointName="affine", ContentType="application/json",
        CustomAttributes="trace-7",
        Body=json.dumps({"inputs": [{
            "name": "x", "datatype": "FP32", "shape": [1, agent.COUNT],
            "data": X.ravel().tolist()}]}))

    outputs = json.loads(answer["Body"].read())["outputs"]
    assert outputs[0]["data"] == Y.ravel().tolist()
    assert answer["ContentType"] == "application/json"
    assert answer["CustomAttributes"] == "trace-7"
    assert answer["InvokedProductionVariant"] == "AllTraffic"


def test_invoke_with_instances(runtime):
    answer = runtime.invoke_endpoint(
        EndpointName="affine", ContentType="application/json",
        Body=json.dumps({"instances": X.tolist()}))

    assert json.loads(answer["Body"].read())["predictions"] == Y.tolist()


def test_invoke_with_npy(runtime):
    payload = io.BytesIO()
    numpy.save(payload, X)
    answer = runtime.invoke_endpoint(
        EndpointName="affine", ContentType="application/x-npy",
        Body=payload.getvalue())

    result = numpy.load(io.BytesIO(answer["Body"].read()))
    assert result.dtype == numpy.float32
    assert (result == Y).all() and result.shape == Y.shape


def test_invoke_with_bytes(runtime):
    answer = runtime.invoke_endpoint(
        EndpointName="affine", ContentType="application/octet-stream",
        Accept="application/octet-stream", Body=X.tobytes())

    assert answer["Body"].read() == Y.tobytes()


@pytest.mark.parametrize("arguments, code, status", [
    ({"EndpointName": "nobody", "ContentType": "application/json",
      "Body": b'{"instances": [[1]]}'}, "ValidationError", 400),
    ({"ContentType": "text/csv", "Body": b"1,2"}, "ValidationError", 400),
    ({"ContentType": "application/json", "Body": b"{"}, "ValidationError",
     400),
    ({"ContentType": "application/json", "Body": b"[" * 100_000},
     "ValidationError", 400),
    ({"ContentType": "application/json", "Body": b'{"instances": [[1], 2]}'},
     "ValidationError", 400),
    ({"ContentType": "application/x-npy", "Body": b"\x93NUMPY\x01\x00"},
     "ValidationError", 400),
    ({"ContentType": "application/json", "Body": b'{"instances": [[1, 2]]}'},
     "ModelError", 424),
    ({"ContentType": "application/octet-stream", "Body": b"123"},
     "ModelError", 424),
])
def test_bad_payloads_are_refused(runtime, arguments, code, status):
    with pytest.raises(botocore.exceptions.ClientError) as fault:
        runtime.invoke_endpoint(**{"EndpointName": "affine", **arguments})

    response = fault.value.response
    assert response["Error"]["Code"] == code
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    if code == "ModelError":
        assert response["OriginalStatusCode"] == 400


def test_invoke_without_an_agent(peer):
    runtime = peer.client("sagemaker-runtime")
    assert refused(runtime.invoke_endpoint, EndpointName="affine",
                   ContentType="application/json", Body=b"{}")["Code"] == (
        "ServiceUnavailable")
