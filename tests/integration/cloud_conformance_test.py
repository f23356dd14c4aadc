"""Every operation against botocore's service models.

For each operation: requests made from its shapes succeed, with all members and
with the required ones; and each constraint of each member, broken alone, is
refused with the right code, and the right place in the message. Nothing is
checked by the client.
"""

import copy
import datetime
import itertools

import botocore.exceptions
import pytest
import regex

import cloud_peer

SERVICES = ("sagemaker", "sagemaker-edge")

ROLE = "arn:aws:iam::000000000000:role/worker"
PACKAGE = "arn:aws:sagemaker:eu-north-1:000000000000:model-package/x/1"

# A text for each pattern of the models, as short as it may be extended by "a".
EXAMPLES = (
    "a", "s3://bucket/key", ROLE, PACKAGE, "1.a", "1.1.1", "text/plain",
    "a/a", "sha256:" + "0" * 64, "fs-00000000",
    "arn:aws:sagemaker:eu-north-1:000000000000:model-package-group/x",
)
# What breaks patterns: the first that does is taken, as long as it must be.
BREAKERS = ("!", "\n", " ", "\u0000", "-", "_")

# Members that mean more than their shape says.
MEANT = {"PresetDeploymentConfig": "{}", "ResourcePolicy": "{}"}


@pytest.fixture(scope="module")
def peer(tmp_path_factory):
    peer = cloud_peer.Peer(tmp_path_factory.mktemp("peer"))
    yield peer
    peer.close()


@pytest.fixture(scope="module")
def world(peer):
    return World(peer)


class World:
    """What must be there before a request can succeed."""

    def __init__(self, peer):
        self.clients = {service: peer.client(service, validate=False)
                        for service in SERVICES}
        self.sagemaker = self.clients["sagemaker"]
        self.names = map("n{}".format, itertools.count())

    def new(self):
        return next(self.names)

    def fleet(self):
        name = self.new()
        self.sagemaker.create_device_fleet(
            DeviceFleetName=name,
            OutputConfig={"S3OutputLocation": "s3://bucket/key"})
        return name

    def device(self, fleet=None):
        names = {"DeviceFleetName": fleet or self.fleet(),
                 "DeviceName": self.new()}
        self.sagemaker.register_devices(
            DeviceFleetName=names["DeviceFleetName"],
            Devices=[{"DeviceName": names["DeviceName"]}])
        return names

    def compiling(self, prefix="wait-"):
        name = prefix + self.new()
        self.sagemaker.create_compilation_job(
            CompilationJobName=name, RoleArn=ROLE,
            InputConfig={"S3Uri": "s3://bucket/key", "Framework": "ONNX"},
            OutputConfig={"S3OutputLocation": "s3://bucket/key",
                          "TargetDevice": "rasp4b"},
            StoppingCondition={})
        return name

    def compiled(self):
        name = self.compiling("done-")
        self.wait(lambda: self.sagemaker.describe_compilation_job(
            CompilationJobName=name)["CompilationJobStatus"])
        return name

    def packaging(self, prefix="wait-"):
        name = prefix + self.new()
        self.sagemaker.create_edge_packaging_job(
            EdgePackagingJobName=name, CompilationJobName=self.compiled(),
            ModelName="model", ModelVersion="1", RoleArn=ROLE,
            OutputConfig={"S3OutputLocation": "s3://bucket/key"})
        return name

    def packaged(self):
        name = self.packaging("done-")
        self.wait(lambda: self.sagemaker.describe_edge_packaging_job(
            EdgePackagingJobName=name)["EdgePackagingJobStatus"])
        return name

    @staticmethod
    def wait(status):
        end = datetime.datetime.now() + datetime.timedelta(seconds=30)
        while status() != "COMPLETED":
            assert datetime.datetime.now() < end

    def plan(self):
        """A plan with one stage of one device."""
        device = self.device()
        name = self.new()
        self.sagemaker.create_edge_deployment_plan(
            EdgeDeploymentPlanName=name,
            DeviceFleetName=device["DeviceFleetName"],
            ModelConfigs=[{"ModelHandle": "model",
                           "EdgePackagingJobName": self.packaged()}],
            Stages=[{"StageName": "one", "DeviceSelectionConfig": {
                "DeviceSubsetType": "PERCENTAGE", "Percentage": 100}}])
        return {"EdgeDeploymentPlanName": name, "StageName": "one"}

    def started(self):
        stage = self.plan()
        self.sagemaker.start_edge_deployment_stage(**stage)
        return stage

    def group(self, policy=False):
        name = self.new()
        self.sagemaker.create_model_package_group(ModelPackageGroupName=name)
        if policy:
            self.sagemaker.put_model_package_group_policy(
                ModelPackageGroupName=name, ResourcePolicy="{}")
        return name

    def package(self):
        return self.sagemaker.create_model_package(
            ModelPackageGroupName=self.group(),
            InferenceSpecification={"Containers": [
                {"Image": "i", "ModelDataUrl": "s3://bucket/key",
                 "Framework": "ONNX"}]})["ModelPackageArn"]

    def bare_package(self):
        return self.sagemaker.create_model_package(
            ModelPackageGroupName=self.group())["ModelPackageArn"]

    def arn(self):
        return self.sagemaker.describe_device(**self.device())["DeviceArn"]


def drop(*members):
    """Paths of members that a variant of a request is without."""
    return {"drop": members}


def stages(world):
    fleet = world.fleet()
    device = world.device(fleet)["DeviceName"]
    return {"DeviceFleetName": fleet,
            "ModelConfigs": [{"ModelHandle": "model",
                              "EdgePackagingJobName": world.packaged()}],
            "Stages": [stage(device)]}


def stage(device="a"):
    return {"StageName": "late", "DeviceSelectionConfig": {
        "DeviceSubsetType": "NAMECONTAINS", "Percentage": 10,
        "DeviceNames": [device], "DeviceNameContains": "a"},
        "DeploymentConfig": {"FailureHandlingPolicy": "DO_NOTHING"}}


# What a request must say so that it can succeed, for each of its variants.
RECIPES = {
    "CreateCompilationJob": [
        lambda w: {"CompilationJobName": "wait-" + w.new(),
                   **drop("ModelPackageVersionArn",
                          "OutputConfig.TargetPlatform")},
        lambda w: {"CompilationJobName": "wait-" + w.new(),
                   **drop("ModelPackageVersionArn",
                          "OutputConfig.TargetDevice")},
        lambda w: {"CompilationJobName": "wait-" + w.new(),
                   "ModelPackageVersionArn": w.package(),
                   **drop("InputConfig", "OutputConfig.TargetDevice")}],
    "DescribeCompilationJob":
        [lambda w: {"CompilationJobName": w.compiling()}],
    "StopCompilationJob": [lambda w: {"CompilationJobName": w.compiling()}],
    "DeleteCompilationJob": [lambda w: {"CompilationJobName": w.compiled()}],
    "CreateEdgePackagingJob": [
        lambda w: {"EdgePackagingJobName": "wait-" + w.new(),
                   "CompilationJobName": w.compiled()}],
    "DescribeEdgePackagingJob":
        [lambda w: {"EdgePackagingJobName": w.packaging()}],
    "StopEdgePackagingJob":
        [lambda w: {"EdgePackagingJobName": w.packaging()}],
    "CreateDeviceFleet": [lambda w: {"DeviceFleetName": w.new()}],
    "DescribeDeviceFleet": [lambda w: {"DeviceFleetName": w.fleet()}],
    "UpdateDeviceFleet": [lambda w: {"DeviceFleetName": w.fleet()}],
    "DeleteDeviceFleet": [lambda w: {"DeviceFleetName": w.fleet()}],
    "GetDeviceFleetReport": [lambda w: {"DeviceFleetName": w.fleet()}],
    "RegisterDevices": [lambda w: {"DeviceFleetName": w.fleet()}],
    "DeregisterDevices": [lambda w: (lambda d: {
        "DeviceFleetName": d["DeviceFleetName"],
        "DeviceNames": [d["DeviceName"]]})(w.device())],
    "UpdateDevices": [lambda w: (lambda d: {
        "DeviceFleetName": d["DeviceFleetName"],
        "Devices": [{"DeviceName": d["DeviceName"], "Description": "a",
                     "IotThingName": "a"}]})(w.device())],
    "DescribeDevice": [lambda w: w.device()],
    "ListDevices": [lambda w: {"DeviceFleetName": w.fleet()}],
    "CreateEdgeDeploymentPlan": [
        lambda w: {"EdgeDeploymentPlanName": w.new(), **stages(w)}],
    "DescribeEdgeDeploymentPlan": [lambda w: {
        "EdgeDeploymentPlanName": w.plan()["EdgeDeploymentPlanName"]}],
    "DeleteEdgeDeploymentPlan": [lambda w: {
        "EdgeDeploymentPlanName": w.plan()["EdgeDeploymentPlanName"]}],
    "CreateEdgeDeploymentStage": [lambda w: {
        "EdgeDeploymentPlanName": w.plan()["EdgeDeploymentPlanName"],
        "Stages": [stage()]}],
    "DeleteEdgeDeploymentStage": [lambda w: w.plan()],
    "StartEdgeDeploymentStage": [lambda w: w.plan()],
    "StopEdgeDeploymentStage": [lambda w: w.started()],
    "ListStageDevices": [lambda w: w.plan()],
    "CreateModelPackageGroup": [lambda w: {"ModelPackageGroupName": w.new()}],
    "DescribeModelPackageGroup":
        [lambda w: {"ModelPackageGroupName": w.group()}],
    "DeleteModelPackageGroup":
        [lambda w: {"ModelPackageGroupName": w.group()}],
    "PutModelPackageGroupPolicy":
        [lambda w: {"ModelPackageGroupName": w.group()}],
    "GetModelPackageGroupPolicy":
        [lambda w: {"ModelPackageGroupName": w.group(policy=True)}],
    "DeleteModelPackageGroupPolicy":
        [lambda w: {"ModelPackageGroupName": w.group(policy=True)}],
    "CreateModelPackage": [
        lambda w: {"ModelPackageGroupName": w.group(), "ClientToken": w.new(),
                   **drop("ModelPackageName")},
        lambda w: {"ModelPackageName": w.new(), "ClientToken": w.new(),
                   **drop("ModelPackageGroupName")}],
    "DescribeModelPackage": [lambda w: {"ModelPackageName": w.package()}],
    "UpdateModelPackage": [lambda w: {"ModelPackageArn": w.bare_package()}],
    "DeleteModelPackage": [lambda w: {"ModelPackageName": w.package()}],
    "BatchDescribeModelPackage":
        [lambda w: {"ModelPackageArnList": [w.package()]}],
    "AddTags": [lambda w: {"ResourceArn": w.arn()}],
    "ListTags": [lambda w: {"ResourceArn": w.arn()}],
    "DeleteTags": [lambda w: {"ResourceArn": w.arn()}],
    "SendHeartbeat": [lambda w: w.device()],
    "GetDeviceRegistration": [lambda w: w.device()],
    "GetDeployments": [lambda w: w.device()],
}
for _list in ("CompilationJobs", "EdgePackagingJobs", "DeviceFleets",
              "EdgeDeploymentPlans", "ModelPackageGroups", "ModelPackages"):
    RECIPES["List" + _list] = [lambda w: {}]

EDGE = ("SendHeartbeat", "GetDeviceRegistration", "GetDeployments")
# What is needed though the model does not say so.
ALSO = {
    "CreateCompilationJob": ("InputConfig", "ModelPackageVersionArn",
                             "OutputConfig.TargetDevice",
                             "OutputConfig.TargetPlatform"),
    "CreateModelPackage": ("ModelPackageName", "ModelPackageGroupName"),
    "CreateEdgeDeploymentPlan": ("Stages",),
    "CreateEdgeDeploymentStage": ("Stages",),
}


def matches(shape, text):
    pattern = shape.metadata.get("pattern")
    if pattern is None:
        return True
    # botocore's patterns are Java's, where ${1,128} is a repeated end of text.
    pattern = pattern.replace("${1,128}", "$").replace("${1,256}", "$")
    return regex.fullmatch(pattern, text) is not None


def example(shape):
    """A text of the shape, as short as may be."""
    if shape.enum:
        return shape.enum[0]
    low = shape.metadata.get("min", 0)
    for text in EXAMPLES:
        longer = text + "a" * max(0, low - len(text))
        if matches(shape, longer):
            return longer
    raise AssertionError(f"no example for {shape.metadata}")


def value(shape, all_members, path=()):
    """A good value; with all members, or with the required ones."""
    kind = shape.type_name
    if kind == "structure":
        return {name: MEANT.get(name) or value(member, all_members,
                                               path + (name,))
                for name, member in shape.members.items()
                if (all_members and name != "NextToken")
                or name in shape.required_members}
    if kind == "list":
        count = max(1, shape.metadata.get("min", 0))
        return [value(shape.member, all_members, path) for _ in range(count)]
    if kind == "map":
        return {example(shape.key): value(shape.value, all_members, path)}
    return {"string": lambda: example(shape),
            "integer": lambda: max(1, shape.metadata.get("min", 1)),
            "long": lambda: max(1, shape.metadata.get("min", 1)),
            "double": lambda: 0.5, "float": lambda: 0.5,
            "boolean": lambda: True,
            "timestamp": lambda: datetime.datetime(
                2020, 1, 1, tzinfo=datetime.timezone.utc)}[kind]()


def remove(request, path):
    *outer, last = path.split(".")
    for name in outer:
        request = request.get(name, {})
    request.pop(last, None)


def request_of(world, operation, model, variant, all_members):
    said = RECIPES[operation][variant](world)
    dropped = said.pop("drop", ())
    full = value(model.input_shape, True)
    request = value(model.input_shape, all_members)
    for path in ALSO.get(operation, ()):
        first, *rest = path.split(".")
        if rest:
            request[first].setdefault(rest[0], full[first][rest[0]])
        else:
            request.setdefault(first, full[first])
    known = (full if all_members else
             {**request, **{name: 0 for name in said}})
    request.update({name: text for name, text in said.items()
                    if name in known})
    for path in dropped:
        remove(request, path)
    return request


def lowered(name):
    return name[:1].lower() + name[1:]


def broken_strings(shape):
    """(what is broken, a text)"""
    low, high = (shape.metadata.get(name) for name in ("min", "max"))
    good = example(shape)
    if shape.enum:
        yield "enum value set", "NoSuchValue"
        return
    if low:
        yield "greater than or equal to", good[:low - 1]
    if high is not None:
        yield "less than or equal to", good + "a" * (high + 1 - len(good))
    for breaker in BREAKERS:
        text = breaker * max(1, low or 0)
        if not matches(shape, text) and len(text) <= (high or len(text)):
            yield "regular expression pattern", text
            return


def breaks(shape, path=()):
    """(path, what is broken, value) of each constraint below `shape`; the last
    of a path may be a member or an index. A value of None: remove it."""
    kind, metadata = shape.type_name, shape.metadata
    if kind == "structure":
        for name, member in shape.members.items():
            if name in shape.required_members:
                yield path + (name,), "must not be null", None
            yield from breaks(member, path + (name,))
    elif kind == "list":
        one = value(shape.member, False)
        if metadata.get("min"):
            yield path, "greater than or equal to", []
        if "max" in metadata:
            yield path, "less than or equal to", [one] * (metadata["max"] + 1)
        yield from breaks(shape.member, path + (0,))
    elif kind == "map":
        one = value(shape.value, False)
        if metadata.get("min"):
            yield path, "greater than or equal to", {}
        if "max" in metadata:
            yield path, "less than or equal to", {
                f"k{i}": one for i in range(metadata["max"] + 1)}
        for what, text in broken_strings(shape.key):
            yield path, what, {text: one}
        yield from breaks(shape.value, path + (example(shape.key),))
    elif kind == "string":
        for what, text in broken_strings(shape):
            yield path, what, text
    elif kind in ("integer", "long"):
        if "min" in metadata:
            yield path, "greater than or equal to", metadata["min"] - 1
        if "max" in metadata:
            yield path, "less than or equal to", metadata["max"] + 1


def broken(request, path, bad):
    """A copy with `bad` at `path`; None if there is no such place."""
    request = copy.deepcopy(request)
    place = request
    for step in path[:-1]:
        if isinstance(step, str) and step not in place:
            return None
        place = place[step]
    if bad is None:
        if path[-1] not in place:
            return None
        del place[path[-1]]
    else:
        place[path[-1]] = bad
    return request


def message_path(path):
    words = []
    for step in path:
        words.append(f"{step + 1}.member" if isinstance(step, int)
                     else lowered(step))
    return ".".join(words)


def send(world, operation, request):
    service = "sagemaker-edge" if operation in EDGE else "sagemaker"
    client = world.clients[service]
    return client._make_api_call(operation, request)


def model_of(world, operation):
    service = "sagemaker-edge" if operation in EDGE else "sagemaker"
    return world.clients[service].meta.service_model.operation_model(operation)


def variants():
    return [pytest.param(operation, variant, id=f"{operation}-{variant}")
            for operation in sorted(RECIPES)
            for variant in range(len(RECIPES[operation]))]


@pytest.mark.parametrize("operation, variant", variants())
@pytest.mark.parametrize("all_members", [True, False], ids=["all", "required"])
def test_good_requests_succeed(world, operation, variant, all_members):
    model = model_of(world, operation)
    request = request_of(world, operation, model, variant, all_members)

    answer = send(world, operation, request)

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    shape = model.output_shape
    for name in shape.required_members if shape else ():
        assert name in answer


@pytest.mark.parametrize("operation", sorted(RECIPES))
def test_each_constraint_broken_alone_is_refused(world, operation):
    model = model_of(world, operation)
    requests = [request_of(world, operation, model, variant, True)
                for variant in range(len(RECIPES[operation]))]
    count = 0
    for path, what, bad in breaks(model.input_shape):
        bad_requests = [found for found in (
            broken(request, path, bad) for request in requests)
            if found is not None]
        assert bad_requests, f"no request has {path}"
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            send(world, operation, bad_requests[0])
        error = refused.value.response["Error"]
        where = f"{operation} {path} {what}: {error}"
        assert error["Code"] == "ValidationException", where
        assert what in error["Message"], where
        assert f"at '{message_path(path)}" in error["Message"], where
        count += 1
    assert count > 0 or not model.input_shape.members


@pytest.mark.parametrize("operation", sorted(RECIPES))
def test_values_of_other_types_are_refused(world, operation):
    model = model_of(world, operation)
    request = request_of(world, operation, model, 0, True)
    for name, shape in model.input_shape.members.items():
        if shape.type_name not in ("string", "integer", "long", "boolean"):
            continue
        bad = 7 if shape.type_name == "string" else "seven"
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            send(world, operation, {**request, name: bad})
        assert refused.value.response["Error"]["Code"] == (
            "SerializationException"), name
