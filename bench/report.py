"""What a bench run found: as JSON, as a page, and in one line."""

import dataclasses
import datetime
import json
import math
import os
import pathlib
import platform
import re
import statistics
import subprocess

import measure

ROOT = pathlib.Path(__file__).resolve().parent.parent
OURS = "skerry"
TITLES = {"skerry": "Skerry", "onnxruntime": "ONNX Runtime",
          "openvino": "OpenVINO", "torch": "PyTorch eager"}
MIB = 1 << 20


@dataclasses.dataclass
class Timing:
    """What one engine did with one model and thread count."""

    engine: str
    version: str
    best_ms: float
    median_ms: float
    spread: float  # between the rounds' medians: (highest - lowest) / median
    cold_ms: float
    peak_bytes: int
    library_bytes: int
    error: float | None  # relative to ONNX Runtime


@dataclasses.dataclass
class Row:
    """One model with one thread count."""

    model: str
    threads: int
    timings: dict[str, Timing]
    faults: dict[str, str]

    def ratio(self, engine: str) -> float | None:
        """How many times faster Skerry's median is than `engine`'s."""
        if OURS not in self.timings or engine not in self.timings:
            return None
        return self.timings[engine].median_ms / self.timings[OURS].median_ms


def make_row(model: str, threads: int,
             subjects: list[measure.Subject]) -> Row:
    wanted = next((s.outputs for s in subjects
                   if s.engine == "onnxruntime" and not s.fault), None)
    timings = {}
    for subject in subjects:
        if subject.fault:
            continue
        rounds = subject.round_medians_ms
        median = statistics.median(subject.times_ms)
        timings[subject.engine] = Timing(
            subject.engine, subject.start["version"], min(subject.times_ms),
            median, (max(rounds) - min(rounds)) / median,
            subject.start["cold_ms"], subject.start["peak_bytes"],
            subject.start["library_bytes"],
            None if wanted is None
            else measure.relative_error(subject.outputs, wanted))
    faults = {s.engine: s.fault for s in subjects if s.fault}
    return Row(model, threads, timings, faults)


def geometric_mean(values: list[float]) -> float:
    return math.exp(statistics.fmean(math.log(value) for value in values))


def describe_machine() -> dict:
    """What results depend on, without what names the machine."""
    text = pathlib.Path("/proc/cpuinfo").read_text()
    cpu = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    flags = set((re.search(r"^flags\s*: (.*)$", text, re.MULTILINE)
                 or [None, ""])[1].split())
    memory = re.search(r"MemTotal:\s+(\d+)",
                       pathlib.Path("/proc/meminfo").read_text())
    notable = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8")
    return {
        "cpu": cpu[1].strip() if cpu else platform.machine(),
        "cpus": os.cpu_count(),
        "features": [name for name in notable if name in flags],
        "memory_gib": round(int(memory[1]) / (1 << 20), 1) if memory else 0,
        "system": " ".join([platform.system(),
                            ".".join(platform.release().split(".")[:2])]),
    }


def machine_name(machine: dict) -> str:
    """Short and fit for a file name: "amd-epyc-2cpu"."""
    words = re.sub(r"\(.*?\)|@.*|\bcpu\b|processor", " ",
                   machine["cpu"].lower())
    slug = "-".join(re.findall(r"[a-z0-9]+", words)[:4])
    return f"{slug}-{machine['cpus']}cpu"


def commit() -> str:
    """The commit that was measured, "-changed" if files differ from it."""
    result = subprocess.run(
        ["git", "describe", "--always", "--dirty=-changed", "--abbrev=12",
         "--exclude=*"],
        cwd=ROOT, capture_output=True, text=True, check=False)
    return result.stdout.strip() or "unknown"


def write_json(path: pathlib.Path, rows: list[Row], header: dict,
               skipped: dict[str, str]) -> None:
    document = dict(header)
    document["results"] = [dataclasses.asdict(row) for row in rows]
    document["skipped"] = skipped
    path.write_text(json.dumps(document, indent=1) + "\n")


def engines_of(rows: list[Row]) -> list[str]:
    """The engines that ran at all, in the order of TITLES."""
    return [name for name in TITLES
            if any(name in row.timings for row in rows)]


def format_page(rows: list[Row], header: dict, skipped: dict[str, str],
                chart: str) -> str:
    """The whole result as Markdown."""
    machine = header["machine"]
    engines = engines_of(rows)
    versions = {name: row.timings[name].version for row in rows
                for name in row.timings}
    lines = [
        f"# Bench of {header['date']}", "",
        f"* machine: {machine['cpu']}, {machine['cpus']} CPUs, "
        f"{', '.join(machine['features']) or 'no vector extension of note'}, "
        f"{machine['memory_gib']} GiB, {machine['system']}",
        f"* commit: {header['commit']}",
        f"* command: `{header['command']}`",
        "* engines: " + ", ".join(
            f"{TITLES[name]} {versions[name]}" for name in engines),
        f"* method: fp32, batch 1; each engine in its own process, "
        f"{header['rounds']} rounds in random order, "
        f"{header['seconds']} s for each engine; medians", "",
        f"![ratios]({chart})", "",
    ]
    for threads in sorted({row.threads for row in rows}):
        chosen = [row for row in rows if row.threads == threads]
        lines += ["## " + ("1 thread" if threads == 1
                           else f"{threads} threads"), ""]
        lines += format_table(chosen, engines) + [""]
        lines += [f"* {line}" for line in summary(chosen)] + [""]
    if skipped:
        lines += ["## Skipped", ""]
        lines += [f"* {name}: {why}" for name, why in skipped.items()] + [""]
    return "\n".join(lines)


def format_table(rows: list[Row], engines: list[str]) -> list[str]:
    """Times in ms with their spread, ratios, and the error."""
    others = [name for name in engines if name != OURS]
    head = ["model"] + [f"{TITLES[name]} ms" for name in engines]
    head += [f"× {TITLES[name]}" for name in others] + ["error"]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for row in rows:
        cells = [row.model]
        for name in engines:
            timing = row.timings.get(name)
            cells.append("-" if timing is None else
                         f"{timing.median_ms:.3f} ±{50 * timing.spread:.0f} %")
        for name in others:
            ratio = row.ratio(name)
            cells.append("-" if ratio is None else f"{ratio:.2f}")
        ours = row.timings.get(OURS)
        cells.append("-" if ours is None or ours.error is None
                     else f"{ours.error:.1e}")
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def summary(rows: list[Row]) -> list[str]:
    """One line for each other engine: the geometric mean of the ratios."""
    lines = []
    for name in engines_of(rows):
        ratios = [r for row in rows
                  if name != OURS and (r := row.ratio(name)) is not None]
        if ratios:
            lines.append(
                f"Skerry is {geometric_mean(ratios):.2f} times as fast as "
                f"{TITLES[name]} in the geometric mean of {len(ratios)} "
                f"models ({min(ratios):.2f} to {max(ratios):.2f})")
    return lines


def now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
