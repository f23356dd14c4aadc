#!/usr/bin/env python3
"""Times signed DescribeDevice requests against SageMaker's API.

    SKERRY_BUILD=build/ci V/bin/python bench/cloud_bench.py [--seconds S]

V: an environment of packaging/cloud-python.txt. Client (wrk) and server share
the machine. One request is signed, and sent again and again: a signature is
good for 15 minutes, and is verified each time.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import botocore.auth
import botocore.awsrequest
import botocore.credentials

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

import cloud_peer  # pylint: disable=wrong-import-position


def signed(peer, body):
    request = botocore.awsrequest.AWSRequest(
        method="POST", url=peer.url + "/", data=body,
        headers={"Content-Type": "application/x-amz-json-1.1",
                 "X-Amz-Target": "SageMaker.DescribeDevice"})
    botocore.auth.SigV4Auth(
        botocore.credentials.Credentials(peer.facts["key"],
                                         peer.facts["secret"]),
        "sagemaker", cloud_peer.REGION).add_auth(request)
    return dict(request.headers)


def wrk(peer, folder, seconds, connections):
    body = json.dumps({"DeviceFleetName": "north", "DeviceName": "d7"})
    script = folder / "describe.lua"
    script.write_text("\n".join(
        ['wrk.method = "POST"', f"wrk.body = {json.dumps(body)}",
         *(f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}"
           for name, value in signed(peer, body).items())]))
    return subprocess.run(
        ["wrk", "--latency", "-t1", f"-c{connections}", f"-d{seconds}s",
         "-s", str(script), peer.url],
        capture_output=True, text=True, check=True).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--connections", type=int, default=16)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        peer = cloud_peer.Peer(folder)
        sagemaker = peer.client()
        sagemaker.create_device_fleet(
            DeviceFleetName="north",
            OutputConfig={"S3OutputLocation": "s3://captures"})
        sagemaker.register_devices(
            DeviceFleetName="north",
            Devices=[{"DeviceName": f"d{i}"} for i in range(1000)])
        peer.client("sagemaker-edge").send_heartbeat(
            DeviceFleetName="north", DeviceName="d7", AgentVersion="1",
            Models=[{"ModelName": "detector", "ModelVersion": "1"}])
        print(wrk(peer, pathlib.Path(folder), arguments.seconds,
                  arguments.connections))
        peer.close()


if __name__ == "__main__":
    main()
