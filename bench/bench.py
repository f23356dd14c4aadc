"""Times compiled models against other engines. See README.md here."""

import argparse
import pathlib
import shlex
import subprocess
import sys

import numpy

import chart
import measure
import models
import report

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMPILE_TIMEOUT_S = 900


def say(text: str) -> None:
    print(f"    {text}", flush=True)


def heading(text: str) -> None:
    print(f"\n==> {text}", flush=True)


def compile_model(skerry: pathlib.Path, model: models.Model,
                  out: pathlib.Path) -> str:
    """Compiles unless `out` is up to date; returns what is wrong, or ""."""
    newest = max(model.onnx.stat().st_mtime, skerry.stat().st_mtime)
    if out.exists() and out.stat().st_mtime > newest:
        return ""
    out.parent.mkdir(parents=True, exist_ok=True)
    command = [str(skerry), "compile", str(model.onnx), "-o", str(out)]
    for name, array in model.inputs.items():
        command += ["--input",
                    f"{name}={','.join(str(dim) for dim in array.shape)}"]
    try:
        result = subprocess.run(command, capture_output=True, text=True,
                                timeout=COMPILE_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return f"compiling takes over {COMPILE_TIMEOUT_S} s"
    if result.returncode == 0:
        return ""
    lines = result.stderr.strip().splitlines()
    return lines[-1] if lines else f"exit code {result.returncode}"


def bench_model(model: models.Model, compiled: pathlib.Path, work: pathlib.Path,
                options: argparse.Namespace) -> list[report.Row]:
    """Times one model with each thread count."""
    inputs = work / "inputs.npz"
    work.mkdir(parents=True, exist_ok=True)
    numpy.savez(inputs, **model.inputs)
    rows = []
    for threads in options.threads:
        subjects = [measure.Subject("skerry", str(compiled)),
                    measure.Subject("onnxruntime", str(model.onnx)),
                    measure.Subject("openvino", str(model.onnx))]
        if model.torch:
            subjects.append(measure.Subject("torch", model.torch))
        subjects = [s for s in subjects if s.engine in options.engines]
        measure.measure(subjects, threads, inputs, work, options.seconds,
                        options.rounds)
        row = report.make_row(model.name, threads, subjects)
        rows.append(row)
        say(f"{threads} thread{'s' if threads > 1 else ' '}: "
            + describe(row))
        for engine, fault in row.faults.items():
            say(f"   {engine}: {fault}")
    return rows


def describe(row: report.Row) -> str:
    """Times and ratios of a row, for the terminal."""
    parts = []
    for engine, timing in row.timings.items():
        ratio = row.ratio(engine)
        note = "" if ratio is None or engine == report.OURS else (
            f" ({ratio:.2f}x)")
        parts.append(f"{engine} {timing.median_ms:.3f}{note}")
    ours = row.timings.get(report.OURS)
    if ours and ours.error is not None:
        parts.append(f"error {ours.error:.1e}")
    return ", ".join(parts)


def write_results(rows: list[report.Row], skipped: dict[str, str],
                  options: argparse.Namespace) -> None:
    machine = report.describe_machine()
    header = {
        "date": report.now(), "machine": machine, "commit": report.commit(),
        "command": shlex.join(["./run", "bench", *options.words]),
        "rounds": options.rounds, "seconds": options.seconds,
    }
    stem = f"{header['date']}-{report.machine_name(machine)}"
    folder = options.results
    folder.mkdir(parents=True, exist_ok=True)
    report.write_json(folder / f"{stem}.json", rows, header, skipped)
    (folder / f"{stem}.md").write_text(
        report.format_page(rows, header, skipped, f"{stem}.svg"))
    (folder / f"{stem}.svg").write_text(draw_chart(rows))
    heading("results")
    for threads in options.threads:
        for line in report.summary([r for r in rows if r.threads == threads]):
            say(f"{threads} thread{'s' if threads > 1 else ''}: {line}")
    say(f"written to {folder}/{stem}.md, .json and .svg")


def draw_chart(rows: list[report.Row]) -> str:
    """Speeds with one thread, where ONNX Runtime's is 1."""
    threads = min((row.threads for row in rows), default=1)
    groups = []
    for row in rows:
        base = row.timings.get("onnxruntime")
        if row.threads == threads and base:
            groups.append((row.model, {
                engine: base.median_ms / row.timings[engine].median_ms
                for engine in report.TITLES if engine in row.timings}))
    return chart.draw(f"Speed relative to ONNX Runtime, fp32, {threads} "
                      f"thread{'s' if threads > 1 else ''} (more is faster)",
                      groups, report.TITLES)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./run bench", description="Compiles and times models against "
        "other engines, interleaved, and writes bench/results/.")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build",
                        help=argparse.SUPPRESS)
    parser.add_argument("--models", type=pathlib.Path, metavar="DIR",
                        help="also bench every .onnx file below DIR")
    parser.add_argument("--only", metavar="TEXT", default="",
                        help="only models whose name holds TEXT")
    parser.add_argument("--threads", default="1,2", metavar="N,...",
                        type=lambda text: [int(n) for n in text.split(",")],
                        help="thread counts (default 1,2)")
    parser.add_argument("--engines", default=",".join(report.TITLES),
                        type=lambda text: text.split(","), metavar="NAME,...",
                        help="which engines (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=4, metavar="S",
                        help="time for each engine, model and thread count "
                        "(default 4)")
    parser.add_argument("--rounds", type=int, default=9, metavar="N",
                        help="turns of each engine (default 9)")
    parser.add_argument("--results", type=pathlib.Path, metavar="DIR",
                        default=ROOT / "bench" / "results",
                        help="where to write (default bench/results)")
    words = sys.argv[1:]
    if words[:1] == ["--build"]:
        words = words[2:]
    options = parser.parse_args()
    # Results are published; they tell the name of a folder, not where it is.
    options.words = [pathlib.PurePath(word).name if word.startswith("/")
                     else word for word in words]
    return options


def main() -> int:
    options = parse_options()
    work = options.build.resolve() / "bench"
    skerry = options.build.resolve() / "release" / "bin" / "skerry"
    heading("preparing models")
    found = models.make_networks(work / "networks", say)
    if options.models:
        found += models.find_models(options.models)
    found = [model for model in found if options.only in model.name]
    rows: list[report.Row] = []
    skipped: dict[str, str] = {}
    for model in found:
        heading(model.name)
        out = work / "compiled" / f"{model.name}.so"
        try:
            models.make_inputs(model)
            fault = ""
            if report.OURS in options.engines:
                fault = compile_model(skerry, model, out)
        except ValueError as error:
            fault = str(error)
        if fault:
            say(f"skipped: {fault}")
            skipped[model.name] = fault
            continue
        rows += bench_model(model, out, work / "run", options)
    write_results(rows, skipped, options)
    return 0 if rows else 1


if __name__ == "__main__":
    sys.exit(main())
