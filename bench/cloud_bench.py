#!/usr/bin/env python3
"""Times signed requests against SageMaker's API of skerry-cloud.

    SKERRY_BUILD=build/ci V/bin/python bench/cloud_bench.py [--seconds S]
        [--rounds R] [--rate N] [--moto PYTHON]

V: an environment of packaging/cloud-python.txt. DescribeDevice as fast as it
goes, then at a fixed rate; and DescribeModelPackageGroup, which moto's server
has too, beside that (PYTHON: one that has moto). They take turns; what is told
are medians of the rounds. Client (wrk) and server share the machine. One
request is signed, and sent again and again: a signature is good for 15 minutes,
and is verified each time (by moto not at all).
"""

import argparse
import json
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

import cloud  # pylint: disable=wrong-import-position

REGION = "us-east-1"
DEVICE = {"DeviceFleetName": "north", "DeviceName": "d7"}
GROUP = {"ModelPackageGroupName": "detectors"}
# Of the fixed rate: each waits 25 to 75 ms between its requests.
PACED_CONNECTIONS = 50

DONE = """
function done(summary, latency, requests)
  io.write(string.format('{"requests": %d, "seconds": %f, "p50_us": %d, ' ..
      '"p99_us": %d, "p999_us": %d, "failed": %d}\\n', summary.requests,
      summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
      latency:percentile(99.9), summary.errors.status + summary.errors.read +
      summary.errors.timeout + summary.errors.connect))
end
"""


class Place:
    """A server of SageMaker's API, and a key for it."""

    def __init__(self, url, key, secret):
        self.url, self.key, self.secret = url, key, secret

    def client(self, service="sagemaker"):
        return boto3.client(
            service, region_name=REGION, endpoint_url=self.url,
            aws_access_key_id=self.key, aws_secret_access_key=self.secret,
            config=botocore.config.Config(retries={"max_attempts": 0}))

    def signed(self, operation, body):
        request = botocore.awsrequest.AWSRequest(
            method="POST", url=self.url + "/", data=body,
            headers={"Content-Type": "application/x-amz-json-1.1",
                     "X-Amz-Target": f"SageMaker.{operation}"})
        botocore.auth.SigV4Auth(
            botocore.credentials.Credentials(self.key, self.secret),
            "sagemaker", REGION).add_auth(request)
        return dict(request.headers)


def wrk(place, operation, arguments, seconds, connections=16, rate=0):
    """Figures of `connections` that send as fast as they are answered, or at
    `rate` a second together."""
    body = json.dumps(arguments)
    lines = ['wrk.method = "POST"', f"wrk.body = {json.dumps(body)}",
             *(f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}"
               for name, value in place.signed(operation, body).items()), DONE]
    if rate:
        pause_ms = 1000 * connections / rate - 0.5  # and the answer
        lines.append("function delay() return "
                     f"math.random({pause_ms / 2:.0f}, {pause_ms * 1.5:.0f}) "
                     "end")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write("\n".join(lines))
        script.flush()
        ran = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s",
             script.name, place.url],
            capture_output=True, text=True, check=True)
    figures = json.loads(ran.stdout.splitlines()[-1])
    assert figures["failed"] == 0, ran.stdout
    return figures


def fill(sagemaker):
    sagemaker.create_device_fleet(
        DeviceFleetName="north",
        OutputConfig={"S3OutputLocation": "s3://captures"})
    sagemaker.register_devices(
        DeviceFleetName="north",
        Devices=[{"DeviceName": f"d{i}"} for i in range(1000)])


def start_moto(python):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    server = subprocess.Popen(
        [python, "-c",
         "import moto.server, sys; moto.server.main(sys.argv[1:])",
         "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return server, Place(f"http://127.0.0.1:{port}", "a", "b")
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{python} does not serve moto")


def row(name, rounds):
    def median(of):
        return statistics.median(of(figures) for figures in rounds)

    rates = [figures["requests"] / figures["seconds"] for figures in rounds]
    print(f"| {name} | {statistics.median(rates):.0f} | {min(rates):.0f} to "
          f"{max(rates):.0f} | {median(lambda f: f['p50_us']) / 1000:.2f} | "
          f"{median(lambda f: f['p99_us']) / 1000:.2f} | "
          f"{median(lambda f: f['p999_us']) / 1000:.2f} |", flush=True)
    return statistics.median(rates)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--moto", metavar="PYTHON")
    arguments = parser.parse_args()
    seconds = arguments.seconds
    moto = None
    with tempfile.TemporaryDirectory() as folder:
        plane = cloud.Cloud(pathlib.Path(folder), "--workers", "0")
        ours = Place(plane.url, plane.keys["AWS_ACCESS_KEY_ID"],
                     plane.keys["AWS_SECRET_ACCESS_KEY"])
        places = [("Skerry", ours)]
        try:
            fill(ours.client())
            if arguments.moto:
                moto, place = start_moto(arguments.moto)
                places.append(("moto", place))
            for _, place in places:
                place.client().create_model_package_group(**GROUP)
            runs = {"DescribeDevice": [], "paced": []}
            runs |= {name: [] for name, _ in places}
            for _ in range(arguments.rounds):
                runs["DescribeDevice"].append(
                    wrk(ours, "DescribeDevice", DEVICE, seconds))
                runs["paced"].append(
                    wrk(ours, "DescribeDevice", DEVICE, seconds,
                        PACED_CONNECTIONS, arguments.rate))
                for name, place in places:
                    runs[name].append(wrk(place, "DescribeModelPackageGroup",
                                          GROUP, seconds))
            print("| requests | a second | in the rounds | p50 ms | p99 ms | "
                  "p99.9 ms |\n| --- | --- | --- | --- | --- | --- |")
            row("DescribeDevice, 16 connections", runs["DescribeDevice"])
            row(f"DescribeDevice, {arguments.rate}/s wanted", runs["paced"])
            rates = [row(f"DescribeModelPackageGroup, {name}", runs[name])
                     for name, _ in places]
            if arguments.moto:
                print(f"\nSkerry to moto: {rates[0] / rates[1]:.0f}")
            print("\nThe server's memory: "
                  f"{cloud.resident_bytes(plane.process.pid) / 1e6:.1f} MB")
        finally:
            plane.stop()
            if moto:
                moto.terminate()
                moto.wait(20)


if __name__ == "__main__":
    main()
