#!/usr/bin/env python3
"""Writes shape_rows.inc: what the requests of AWS's clients may hold.

    python3 -m venv V && V/bin/pip install botocore==1.44.8
    V/bin/python make_shapes.py

Taken from the service models of botocore: names, types, bounds, patterns and
enumerations of the operations that are served; no text of AWS's documentation.
"""

import json
import pathlib
import sys

import botocore
import botocore.loaders

OPERATIONS = {
    "sagemaker": """
        CreateCompilationJob DescribeCompilationJob ListCompilationJobs
        StopCompilationJob DeleteCompilationJob
        CreateEdgePackagingJob DescribeEdgePackagingJob ListEdgePackagingJobs
        StopEdgePackagingJob
        CreateDeviceFleet DescribeDeviceFleet UpdateDeviceFleet
        DeleteDeviceFleet ListDeviceFleets GetDeviceFleetReport
        RegisterDevices DeregisterDevices UpdateDevices DescribeDevice
        ListDevices
        CreateEdgeDeploymentPlan DescribeEdgeDeploymentPlan
        ListEdgeDeploymentPlans DeleteEdgeDeploymentPlan
        CreateEdgeDeploymentStage DeleteEdgeDeploymentStage
        StartEdgeDeploymentStage StopEdgeDeploymentStage ListStageDevices
        CreateModelPackageGroup DescribeModelPackageGroup
        ListModelPackageGroups DeleteModelPackageGroup
        PutModelPackageGroupPolicy GetModelPackageGroupPolicy
        DeleteModelPackageGroupPolicy
        CreateModelPackage DescribeModelPackage ListModelPackages
        UpdateModelPackage DeleteModelPackage BatchDescribeModelPackage
        AddTags ListTags DeleteTags""".split(),
    "sagemaker-edge": "SendHeartbeat GetDeviceRegistration GetDeployments"
                      .split(),
}

KINDS = {"structure": "kStructure", "list": "kList", "map": "kMap",
         "string": "kString", "integer": "kInteger", "long": "kLong",
         "double": "kDouble", "float": "kDouble", "boolean": "kBoolean",
         "timestamp": "kTimestamp"}

# What the linear-time engine says otherwise: a look-behind, a repeated end of
# text, and more repetitions than it takes where the length's bound says the
# same. With each, the longest text for which that holds.
REWRITTEN = (
    (r"([a-zA-Z0-9]([a-zA-Z0-9-]){0,62})(?<!-)",
     r"([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)", None),
    ("${1,128}", "", 128),
    ("${1,256}", "", 256),
    (r"[\S]{1,2048}", r"[\S]+", 2048),
    ("[a-zA-Z0-9_]{0,1023}", "[a-zA-Z0-9_]*", 1024),
    (".{0,1024}", ".*", 1024),
    (r"[\p{L}\p{M}\p{Z}\p{N}\p{P}]{0,1024}",
     r"[\p{L}\p{M}\p{Z}\p{N}\p{P}]*", 1024),
)


def engine_pattern(pattern, length_max):
    """The pattern as RE2 takes it, for a match of the whole text."""
    for found, instead, length in REWRITTEN:
        if found in pattern:
            if length is not None and (length_max or sys.maxsize) > length:
                sys.exit(f"'{pattern}' of a text of {length_max} needs a rule")
            pattern = pattern.replace(found, instead)
    if "(?" in pattern:
        sys.exit(f"the pattern '{pattern}' needs a rule")
    return pattern


def literal(text):
    """A C++ string literal; JSON's escapes are a part of C++'s."""
    return json.dumps(text)


class Table:
    """Rows of the shapes that some operations reach."""

    def __init__(self):
        self.indices = {}
        self.shapes, self.members, self.enums = [], [], []
        self.patterns = {}
        self.operations = []

    def add_service(self, service, names):
        model = botocore.loaders.create_loader().load_service_model(
            service, "service-2")
        for name in names:
            shape = model["operations"][name]["input"]["shape"]
            self.operations.append(
                (name, self.shape(service, model["shapes"], shape)))

    def shape(self, service, shapes, name):
        key = (service, name)
        if key in self.indices:
            return self.indices[key]
        index = self.indices[key] = len(self.shapes)
        self.shapes.append(None)
        shape = shapes[name]
        first, count, element, value = 0, 0, 0, 0
        if shape["type"] == "structure":
            rows = [(member, self.shape(service, shapes, row["shape"]),
                     member in shape.get("required", ()))
                    for member, row in shape["members"].items()]
            first, count = len(self.members), len(rows)
            self.members += rows
        elif shape["type"] == "list":
            element = self.shape(service, shapes, shape["member"]["shape"])
        elif shape["type"] == "map":
            element = self.shape(service, shapes, shape["key"]["shape"])
            value = self.shape(service, shapes, shape["value"]["shape"])
        elif "enum" in shape:
            first, count = len(self.enums), len(shape["enum"])
            self.enums += shape["enum"]
        pattern = -1
        if "pattern" in shape:
            # ^ and $ say what a match of the whole text says anyway.
            row = (shape["pattern"], engine_pattern(
                shape["pattern"].removeprefix("^").removesuffix("$"),
                shape.get("max")))
            pattern = self.patterns.setdefault(row, len(self.patterns))
        self.shapes[index] = (
            KINDS[shape["type"]], shape.get("min"), shape.get("max"), pattern,
            first, count, element, value, name)
        return index

    def text(self):
        yield (f"// Written by make_shapes.py from botocore "
               f"{botocore.__version__}; do not edit.\n\n")
        yield "constexpr std::string_view kEnumValues[] = {\n"
        yield from (f"    {literal(value)},\n" for value in self.enums)
        yield "};\n\nconstexpr PatternRow kPatterns[] = {\n"
        yield from (f"    {{{literal(shown)},\n     {literal(engine)}}},\n"
                    for shown, engine in self.patterns)
        yield "};\n\nconstexpr MemberRow kMembers[] = {\n"
        yield from (f"    {{{literal(name)}, {shape}, {str(required).lower()}"
                    "},\n" for name, shape, required in self.members)
        yield "};\n\nconstexpr ShapeRow kShapes[] = {\n"
        for kind, low, high, *numbers, name in self.shapes:
            low = "kNoLeast" if low is None else low
            high = "kNoMost" if high is None else high
            yield (f"    {{ShapeKind::{kind}, {low}, {high}, "
                   f"{', '.join(map(str, numbers))}}},  // {name}\n")
        yield "};\n\nconstexpr OperationRow kOperations[] = {\n"
        yield from (f"    {{{literal(name)}, {shape}}},\n"
                    for name, shape in sorted(self.operations))
        yield "};\n"


def main():
    table = Table()
    for service, names in OPERATIONS.items():
        table.add_service(service, names)
    path = pathlib.Path(__file__).parent / "shape_rows.inc"
    path.write_text("".join(table.text()))


if __name__ == "__main__":
    main()
