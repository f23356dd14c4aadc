"""The control plane as a program: its commands, its signals, its limits, and
what it costs to wait. Needs no client of others."""

import os
import pathlib
import re
import socket
import ssl
import stat
import subprocess
import time

import pytest

import cloud


@pytest.fixture(name="plane")
def fixture_plane(tmp_path):
    plane = cloud.Cloud(tmp_path)
    yield plane
    plane.stop()


# --- init, backup, restore ---------------------------------------------------

def test_init_prints_what_a_shell_reads(tmp_path):
    made = cloud.run("init", "--data", tmp_path / "data", "--region",
                     "eu-west-1", "--public-url", "https://cloud.example:8780")
    assert made.returncode == 0
    names = [line.split("=")[0] for line in made.stdout.splitlines()]
    assert names == ["export AWS_ACCESS_KEY_ID", "export AWS_SECRET_ACCESS_KEY",
                     "export AWS_DEFAULT_REGION", "export AWS_REGION",
                     "export AWS_ENDPOINT_URL"]
    shell = subprocess.run(["sh", "-c", made.stdout + "env"], check=True,
                           capture_output=True, text=True)
    assert "AWS_REGION=eu-west-1\n" in shell.stdout
    assert "AWS_ENDPOINT_URL=https://cloud.example:8780\n" in shell.stdout
    secret = cloud.exports(made.stdout)["AWS_SECRET_ACCESS_KEY"]
    assert secret not in made.stderr


def test_nothing_of_the_folder_is_for_others(tmp_path):
    folder = tmp_path / "data"
    os.umask(0)
    try:
        assert cloud.run("init", "--data", folder).returncode == 0
    finally:
        os.umask(0o022)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in [*folder.glob("keys/*"), folder / "cloud.json",
                 folder / "metadata.sqlite"]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    # The secret is in no file in clear.
    key = (folder / "trust" / "signing.pem").read_text()
    assert "PUBLIC KEY" in key and "PRIVATE" not in key


def test_init_overwrites_nothing(tmp_path):
    folder = tmp_path / "data"
    assert cloud.run("init", "--data", folder).returncode == 0
    before = {path: path.read_bytes() for path in folder.rglob("*")
              if path.is_file()}
    again = cloud.run("init", "--data", folder)
    assert again.returncode == 2
    assert "holds a control plane already" in again.stderr
    assert again.stdout == ""
    assert all(path.read_bytes() == text for path, text in before.items())
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    full = cloud.run("init", "--data", tmp_path / "full")
    assert full.returncode == 2 and "is not empty" in full.stderr


@pytest.mark.parametrize("arguments, words", [
    (["serve", "--data", "/nowhere"], "skerry-cloud init"),
    (["serve"], "--data"),
    (["init", "--data", "/nowhere/x", "--region", "a b"], "--region"),
    (["init", "--data", "/nowhere/x", "--public-url", "ftp://a"], "--public-url"),
    (["serv"], "try: skerry-cloud --help"),
    ([], "required"),
])
def test_bad_usage_is_named(arguments, words):
    result = cloud.run(*arguments)
    assert result.returncode == 2
    assert words in result.stderr


def test_settings_of_the_file_are_checked(tmp_path):
    assert cloud.run("init", "--data", tmp_path / "data").returncode == 0
    file = tmp_path / "cloud.json"
    for text, words in [('{"lisden": "a"}', "there is no setting 'lisden'"),
                        ('{"workers": "1"}', "'workers': got \"1\""),
                        ('{"workers": -1}', "whole number within its range"),
                        ("[", "no JSON object"),
                        ('{"tls_key": "x"}', "--tls-certificate"),
                        ('{"listen": "nowhere"}', "HOST:PORT")]:
        file.write_text(text)
        result = cloud.run("serve", "--data", tmp_path / "data", "-c", file)
        assert result.returncode == 2, text
        assert words in result.stderr, result.stderr


def test_a_vault_key_that_others_may_read_is_refused(tmp_path):
    assert cloud.run("init", "--data", tmp_path / "data").returncode == 0
    key = tmp_path / "data" / "keys" / "vault.key"
    key.chmod(0o644)
    result = cloud.run("serve", "--data", tmp_path / "data")
    assert result.returncode == 1
    assert f"chmod 600 {key}" in result.stderr


def test_a_backup_is_one_moment_and_can_be_served(plane, tmp_path):
    added = cloud.json_of(plane.skerry("keys", "add", "--role", "viewer",
                                       "--name", "before", "--json"))
    backup = tmp_path / "backup"
    assert cloud.run("backup", "--data", plane.folder, backup).returncode == 0
    plane.skerry("keys", "add", "--role", "viewer", "--name", "after")
    again = cloud.run("backup", "--data", plane.folder, backup)
    assert again.returncode == 2 and "exists already" in again.stderr
    # Of a folder that is served, there is no restoring.
    busy = cloud.run("restore", "--data", tmp_path / "no", plane.folder)
    assert busy.returncode == 2 and "this is no backup" in busy.stderr
    assert not (tmp_path / "no").exists()
    plane.stop()
    restored = tmp_path / "restored"
    assert cloud.run("restore", "--data", restored, backup).returncode == 0
    assert stat.S_IMODE(restored.stat().st_mode) == 0o700
    plane.folder = restored
    plane.start()
    keys = cloud.json_of(plane.skerry("keys", "list", "--json"))["keys"]
    assert [key["name"] for key in keys] == ["admin", "before"]
    assert added["access_key_id"] in [key["access_key_id"] for key in keys]


# --- what nobody signs -------------------------------------------------------

def test_health_and_metrics_are_for_all(plane):
    assert plane.get("/healthz")[::2] == (200, b"ok\n")
    assert plane.get("/readyz")[::2] == (200, b"ready\n")
    status, headers, body = plane.get("/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert b"skerry_http_requests_total{code=\"2xx\",method=\"GET\"}" in body
    assert b"Skerry control plane" in plane.get("/")[2]


def test_metrics_may_want_a_token(tmp_path):
    plane = cloud.Cloud(tmp_path, "--metrics-token", "sesame")
    try:
        assert plane.get("/metrics")[0] == 401
        assert plane.get("/metrics", {"Authorization": "Bearer x"})[0] == 401
        assert plane.get("/metrics",
                         {"Authorization": "Bearer sesame"})[0] == 200
        assert plane.get("/healthz")[0] == 200
    finally:
        plane.stop()


def test_what_is_not_signed_is_refused_in_the_clients_words(plane):
    connection = plane.connect()
    connection.request("POST", "/", "{}", {
        "X-Amz-Target": "SageMaker.ListDeviceFleets",
        "Content-Type": "application/x-amz-json-1.1"})
    answer = connection.getresponse()
    assert answer.status in (400, 403)
    assert b"MissingAuthenticationToken" in answer.read()
    assert plane.get("/skerry/v1/admin/keys")[0] == 403
    status, _, body = plane.get("/", {
        "Authorization": "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/"
                         "ec2/aws4_request, SignedHeaders=host, Signature=0"})
    assert status == 404 and b"no service for 'ec2'" in body


# --- connections -------------------------------------------------------------

def test_two_thousand_idle_connections_cost_nothing(plane):
    plane.get("/healthz")
    before = cloud.resident_bytes(plane.process.pid)
    sockets = []
    for _ in range(2000):
        client = socket.create_connection(("127.0.0.1", plane.port))
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        sockets.append(client)
    for client in sockets:
        assert client.recv(4096).startswith(b"HTTP/1.1 200")
    assert plane.metric("skerry_http_connections") >= 2000
    grown = cloud.resident_bytes(plane.process.pid) - before
    cpu = cloud.cpu_seconds(plane.process.pid)
    time.sleep(2)
    assert cloud.cpu_seconds(plane.process.pid) - cpu <= 0.02
    if cloud.BUILD.name not in ("asan", "tsan"):
        assert grown < 2000 * 8192, f"{grown / 2000:.0f} bytes for each"
    for client in sockets:  # and each is as good as new
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 200")
        client.close()


def test_slow_clients_are_no_harm(plane):
    slow = []
    for _ in range(200):
        client = socket.create_connection(("127.0.0.1", plane.port))
        client.sendall(b"PUT /bucket/key HTTP/1.1\r\nHost: a\r\nX-")
        slow.append(client)
    for _ in range(20):
        assert plane.get("/readyz")[0] == 200
    for client in slow:
        client.close()


def test_a_signal_ends_it_and_what_is_under_way_is_answered(tmp_path):
    plane = cloud.Cloud(tmp_path, "--drain-seconds", "10")
    idle = socket.create_connection(("127.0.0.1", plane.port))
    idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    assert idle.recv(4096).startswith(b"HTTP/1.1 200")
    busy = socket.create_connection(("127.0.0.1", plane.port))
    # Refused early, so that the body need not come; it is drained.
    busy.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n")
    time.sleep(0.2)
    plane.process.terminate()
    assert idle.recv(1) == b""
    busy.sendall(b"\r\n")
    answer = busy.recv(4096)
    assert answer.startswith(b"HTTP/1.1 200") and b"Connection: close" in answer
    assert plane.process.wait(timeout=20) == 0
    assert re.search(r"\bended\b", plane.log())
    plane.stop()


def test_an_upload_that_hangs_does_not_hold_the_end_up(tmp_path):
    plane = cloud.Cloud(tmp_path, "--drain-seconds", "1")
    upload = socket.create_connection(("127.0.0.1", plane.port))
    upload.sendall(b"GET /a HTTP/1.1\r\nHost: a\r\nContent-Le")
    time.sleep(0.2)
    started = time.monotonic()
    assert plane.stop() == 0
    assert time.monotonic() - started < 10
    assert upload.recv(1) == b""


def test_requests_are_logged_at_debug_level_only(tmp_path):
    plane = cloud.Cloud(tmp_path, "--log-level", "debug")
    plane.get("/healthz?X-Amz-Signature=secret")
    plane.stop()
    assert re.search(r"request .*method=GET path=/healthz status=200",
                     plane.log())
    assert "secret" not in plane.log()


# --- TLS ---------------------------------------------------------------------

def certificate(folder: pathlib.Path, name: str) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days",
         "1", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True)


def common_name(port: int) -> str:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port)) as plain:
        with context.wrap_socket(plain) as wrapped:
            wrapped.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            assert wrapped.recv(4096).startswith(b"HTTP/1.1 200")
            der = wrapped.getpeercert(binary_form=True)
    text = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout",
                           "-subject"], input=der, capture_output=True,
                          check=True).stdout.decode()
    return text.split("=")[-1].strip()


def test_a_hangup_reads_the_certificate_again(tmp_path):
    certificate(tmp_path, "first")
    plane = cloud.Cloud(tmp_path, "--tls-certificate", tmp_path / "cert.pem",
                        "--tls-key", tmp_path / "key.pem")
    try:
        assert common_name(plane.port) == "first"
        certificate(tmp_path, "second")
        plane.process.send_signal(1)
        end = time.monotonic() + 20
        while "certificate_reloaded" not in plane.log():
            assert time.monotonic() < end
            time.sleep(0.05)
        assert common_name(plane.port) == "second"
        (tmp_path / "key.pem").write_text("no key")
        plane.process.send_signal(1)
        while "certificate_not_reloaded" not in plane.log():
            assert time.monotonic() < end
            time.sleep(0.05)
        assert common_name(plane.port) == "second"
    finally:
        assert plane.stop() == 0


# --- administration ----------------------------------------------------------

def test_keys_are_added_listed_disabled_and_removed(plane):
    added = plane.skerry("keys", "add", "--role", "viewer", "--name", "screen")
    assert added.returncode == 0, added.stderr
    viewer = cloud.exports(added.stdout)
    as_viewer = {"AWS_ACCESS_KEY_ID": viewer["AWS_ACCESS_KEY_ID"],
                 "AWS_SECRET_ACCESS_KEY": viewer["AWS_SECRET_ACCESS_KEY"]}
    assert plane.skerry("status", **as_viewer).returncode == 0
    refused = plane.skerry("keys", "list", **as_viewer)
    assert refused.returncode == 2
    assert "role 'viewer' may not do skerry:keys:List" in refused.stderr
    listed = plane.skerry("keys", "list")
    assert re.search(r"screen +viewer +active", listed.stdout), listed.stdout
    key = viewer["AWS_ACCESS_KEY_ID"]
    assert plane.skerry("keys", "disable", key).returncode == 0
    assert plane.skerry("status", **as_viewer).returncode == 2
    assert plane.skerry("keys", "enable", key).returncode == 0
    assert plane.skerry("status", **as_viewer).returncode == 0
    assert plane.skerry("keys", "remove", key).returncode == 0
    assert plane.skerry("status", **as_viewer).returncode == 2
    missing = plane.skerry("keys", "remove", key)
    assert missing.returncode == 2 and key in missing.stderr
    audit = cloud.json_of(plane.skerry("audit", "--json"))["entries"]
    actions = [(entry["action"], entry["name"]) for entry in audit]
    assert actions == [("skerry:keys:Remove", "admin"),
                       ("skerry:keys:Enable", "admin"),
                       ("skerry:keys:Disable", "admin"),
                       ("skerry:keys:Add", "admin"),
                       ("skerry:keys:Add", "skerry-cloud init")]
    assert "skerry:keys:Disable" in plane.skerry("audit").stdout


def test_the_command_line_says_what_it_lacks(plane):
    nothing = {"AWS_ACCESS_KEY_ID": ""}
    assert "AWS_ACCESS_KEY_ID" in plane.skerry("status", **nothing).stderr
    wrong = plane.skerry("status", AWS_SECRET_ACCESS_KEY="wrong")
    assert wrong.returncode == 2 and "ignature" in wrong.stderr
    gone = plane.skerry("status", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    assert gone.returncode == 1 and "127.0.0.1" in gone.stderr
    bad = plane.skerry("keys", "add", "--role", "king", "--name", "x")
    assert bad.returncode == 2 and "no role 'king'" in bad.stderr


def test_jobs_and_logs_that_are_not_there(plane):
    assert cloud.json_of(plane.skerry("jobs", "--json"))["jobs"] == []
    status = cloud.json_of(plane.skerry("status", "--json"))
    assert status["jobs"]["compilation"]["COMPLETED"] == 0
    missing = plane.skerry("logs", "none")
    assert missing.returncode == 2
