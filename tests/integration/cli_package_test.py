"""skerry package: what agents load, checked by Python and openssl."""

import base64
import hashlib
import json
import pathlib
import resource
import shutil
import subprocess

import pytest

import cli

MANIFEST = "sagemaker_edge_manifest"
SIGNATURE = "sagemaker_edge_manifest.sig"


@pytest.fixture(name="model", scope="module")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    source = cli.classifier(tmp_path_factory.mktemp("package") / "net.onnx")
    result = cli.skerry("compile", source, "-o", source.with_suffix(".so"),
                        "--no-self-check")
    assert result.returncode == 0, result.stderr
    return source.with_suffix(".so")


def openssl(*arguments: object) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("there is no program 'openssl'")
    subprocess.run(["openssl", *map(str, arguments)], check=True,
                   capture_output=True)


def package(model: pathlib.Path, folder: pathlib.Path,
            *more: object) -> subprocess.CompletedProcess:
    return cli.skerry("package", model, "--name", "detector", "--version", "3",
                      "-o", folder, *more)


def test_a_package_holds_the_model_and_says_what_it_is(
        model: pathlib.Path, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "detector-3"

    result = package(model, folder)

    assert result.returncode == 0, result.stderr
    assert result.stdout == f"{folder}: detector, version 3, not signed\n"
    assert {path.name for path in folder.iterdir()} == {"net.so", MANIFEST}
    content = (folder / "net.so").read_bytes()
    assert content == model.read_bytes()
    manifest = json.loads((folder / MANIFEST).read_text())
    assert manifest["metadata"] == {"model_name": "detector",
                                    "model_version": "3"}
    assert manifest["files"] == {"net.so": {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest()}}


def test_openssl_verifies_a_signature_of_ed25519(
        model: pathlib.Path, tmp_path: pathlib.Path) -> None:
    key, public = tmp_path / "key.pem", tmp_path / "public.pem"
    openssl("genpkey", "-algorithm", "ed25519", "-out", key)
    openssl("pkey", "-in", key, "-pubout", "-out", public)
    folder = tmp_path / "package"

    result = package(model, folder, "--sign", key, "--json")

    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == {
        "folder": str(folder), "name": "detector", "version": "3",
        "signature": "ed25519"}
    signature = json.loads((folder / SIGNATURE).read_text())
    assert signature["algorithm"] == "ed25519"
    raw = tmp_path / "raw"
    raw.write_bytes(base64.b64decode(signature["signature"], validate=True))
    openssl("pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin",
            "-in", folder / MANIFEST, "-sigfile", raw)


def test_openssl_verifies_a_signature_of_rsa(
        model: pathlib.Path, tmp_path: pathlib.Path) -> None:
    key, public = tmp_path / "key.pem", tmp_path / "public.pem"
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt",
            "rsa_keygen_bits:2048", "-out", key)
    openssl("pkey", "-in", key, "-pubout", "-out", public)
    folder = tmp_path / "package"

    result = package(model, folder, "--sign", key)

    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("signed (rsa-pkcs1-sha256)\n")
    signature = json.loads((folder / SIGNATURE).read_text())
    raw = tmp_path / "raw"
    raw.write_bytes(base64.b64decode(signature["signature"], validate=True))
    openssl("dgst", "-sha256", "-verify", public, "-signature", raw,
            folder / MANIFEST)


def test_a_key_that_does_not_sign_leaves_nothing_behind(
        model: pathlib.Path, tmp_path: pathlib.Path) -> None:
    weak = tmp_path / "weak.pem"
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt",
            "rsa_keygen_bits:1024", "-out", weak)
    folder = tmp_path / "package"

    assert cli.fails(package(model, folder, "--sign", weak), str(weak),
                     "1024 bits", "2048")
    assert cli.fails(package(model, folder, "--sign", model), str(model))
    assert cli.fails(package(model, folder, "--sign", tmp_path / "none"),
                     str(tmp_path / "none"))
    assert not folder.exists()


def test_a_full_disk_leaves_nothing_behind(
        model: pathlib.Path, tmp_path: pathlib.Path) -> None:
    small = model.stat().st_size // 2

    # Writing fails with an error, since Python lets programs ignore SIGXFSZ.
    result = subprocess.run(
        [str(cli.PROGRAM), "package", str(model), "--name", "a", "--version",
         "1", "-o", str(tmp_path / "package")],
        capture_output=True, text=True, check=False, restore_signals=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                              (small, small)))

    assert cli.fails(result, "net.so")
    assert not list(tmp_path.iterdir())


def test_what_is_no_model_or_no_name_is_refused(
        model: pathlib.Path, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "package"
    text = tmp_path / "text.so"
    text.write_text("no model")

    assert cli.fails(package(text, folder), str(text))
    assert cli.fails(package(tmp_path / "none.so", folder), "none.so")
    assert cli.fails(cli.skerry("package", model, "--name", "", "--version",
                                "1", "-o", folder), "name")
    assert cli.fails(cli.skerry("package", model, "--name", "a", "--version",
                                "1/2", "-o", folder), "version")
    assert cli.fails(cli.skerry("package", model, "--name", "a"), "--version")
    assert not folder.exists()


def test_a_package_is_not_written_over(
        model: pathlib.Path, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "package"
    assert package(model, folder).returncode == 0

    assert cli.fails(package(model, folder), str(folder))
