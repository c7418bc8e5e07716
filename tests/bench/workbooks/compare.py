"""Runs every tool on the same workbooks, holds their figures against each other, and prints CPU
seconds, wall time and peak memory with ratios. Called by `run`."""

import json
import os
import subprocess
import sys
from pathlib import Path

examples, work = Path(sys.argv[1]), Path(sys.argv[2])
sizes = [10_000, 100_000, 1_000_000] if sys.argv[3:] == ["all"] else [int(size) for size in sys.argv[3:]]
HERE = Path(__file__).parent
sys.stdout.reconfigure(line_buffering=True)
# Slow tools are run once, quick ones often; the least time counts, because others disturbed it
# least, and the most memory.
QUICK_RUNS = 8
missed = []


def measure(command, runs, environment=None):
    best = None
    for _ in range(runs):
        wrapped = [sys.executable, "-S", "-E", HERE / "measure.py", *command]
        printed = subprocess.run([str(part) for part in wrapped], check=True, capture_output=True, env={**os.environ, **(environment or {})})
        one = json.loads(printed.stdout)
        best = one if best is None else [min(best[0], one[0]), min(best[1], one[1]), max(best[2], one[2])]
    return best


def ours(summary):
    """The digest of a summary."""
    data = json.loads(summary.read_text())
    products = {one["sku"]: [float(one[figure]) for figure in ("count", "minimum", "maximum", "median")] for one in data["products"]}
    months = {f"{one['category']} {one['month']}": [float(one["count"]), float(one["sum"])] for one in data["categories"]}
    return {"products": products, "months": months}


def bench(rows, kind):
    source = work / f"{kind}-{rows}.xlsx"
    if not source.exists():
        subprocess.run([examples / "generate", source, str(rows), kind], check=True)
    report, digest = work / "report.xlsx", work / "digest.json"
    print(f"\n{rows:,} x 8, {kind} texts ({source.stat().st_size / 2**20:.1f} MiB)")
    print(f"{'':32}{'CPU s':>9}{'wall s':>9}{'MiB':>8}{'CPU ratio':>11}")
    summary = work / "summary.json"
    subprocess.run([examples / "report", source, report, summary], check=True, stdout=subprocess.DEVNULL)
    expected = ours(summary)
    whole = measure([examples / "report", source, report], QUICK_RUNS)
    results = {"Pricetide, with report": whole}
    results["  reading and adding up"] = measure([examples / "report", source, "-"], QUICK_RUNS)
    results["  the same with a second thread"] = measure([examples / "report", source, "-"], QUICK_RUNS, {"SECOND_THREAD": "1"})
    results["  inflating and scanning"] = measure([examples / "report", source, "--count"], QUICK_RUNS)
    others = {"calamine's streaming reader": ([examples / "plain_calamine", source, report, digest], 3)}
    for tool, runs in {"polars-fastexcel": 3, "pandas-calamine": 1, "pandas-openpyxl": 1}.items():
        others[tool] = ([sys.executable, HERE / "others.py", tool, source, report, digest], runs)
    for name, (command, runs) in others.items():
        results[name] = measure(command, runs)
        theirs = json.loads(digest.read_text())
        theirs = {part: {key: [float(one) for one in figures] for key, figures in theirs[part].items()} for part in theirs}
        if theirs != expected:
            sys.exit(f"{name} disagrees with Pricetide on {source}")
    for name, (cpu, wall, memory) in results.items():
        print(f"{name:32}{cpu:9.3f}{wall:9.2f}{memory:8.1f}{cpu / whole[0]:10.1f}x")
    print("All agree.")
    if rows < 1_000_000:
        return
    adding, threads, scanning = (results[name] for name in list(results)[1:4])
    for other, least in {"pandas-openpyxl": 70, "pandas-calamine": 20, "polars-fastexcel": 8, "calamine's streaming reader": 4}.items():
        check(f"less CPU than {other}", results[other][0] / whole[0], "at least", least)
    check("peak memory, MiB", max(whole[2], adding[2], threads[2]), "at most", 32)
    check("CPU of reading and adding up beside inflating and scanning", adding[0] / scanning[0], "at most", 1.5)
    check("wall with a second thread beside one", threads[1] / adding[1], "at most", 0.75)


def check(what, figure, bound, target):
    """Prints a figure beside its target."""
    passes = figure >= target if bound == "at least" else figure <= target
    missed.extend([] if passes else [what])
    print(f"{what:60}{figure:8.2f}   {bound} {target:<5}  {'pass' if passes else 'MISSED'}")


for rows in sizes:
    bench(rows, "shared")
if sizes[-1] >= 1_000_000:
    bench(sizes[-1], "inline")
    bench(sizes[-1], "unique")


def export():
    """The other direction: a table of 1,000,000 x 8."""
    print("\nWriting 1,000,000 x 8")
    target = work / "export.xlsx"
    one = measure([examples / "export", target], 2)
    other = measure([sys.executable, HERE / "others.py", "export-xlsxwriter", target, "-", "-"], 1)
    for name, (cpu, wall, memory) in {"Pricetide": one, "xlsxwriter, constant memory": other}.items():
        print(f"{name:32}{cpu:9.3f}{wall:9.2f}{memory:8.1f}{cpu / one[0]:10.1f}x")
    check("less CPU than xlsxwriter", other[0] / one[0], "at least", 12)
    check("peak memory, MiB", one[2], "at most", 15)


if sizes[-1] >= 1_000_000:
    export()
if missed:
    sys.exit(f"missed: {', '.join(missed)}")
