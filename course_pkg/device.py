"""Which processor is here, is it in order, and how fast is it: ``python -m course_pkg.device [--quick] [--json]``.

``best()`` returns the device to compute on. ``check()`` finds out all that the command prints, as a dict that JSON can
hold; ``copy_bandwidth``, ``matmul_throughput`` and ``forward_seconds`` measure one thing each. The command's exit
status is 0 where all that is there works, also without a GPU, 1 where something does not, 130 where it was stopped.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
import warnings
from functools import cache, partial
from pathlib import Path

from course_pkg._validate import as_int, as_number, as_shape, describe

COLAB = (
    "Open a lecture with the badge “Open in Colab” below its title, and sign in with a Google account.",
    "In the menu Runtime choose “Change runtime type”, then “T4 GPU”, then Save. It is free, when one is free.",
    "Run the first cell: it installs course_pkg and leaves Colab's own torch, which is built for the GPU, alone.",
    "Run !python -m course_pkg.device in a cell: it should now name the GPU.",
    "Save what you want to keep in Drive: the machine and its files are gone after some hours, or when you are idle.",
)
NOTES = {"session2_frameworks/11_architectures": "fetches published weights, 31 to 549 MB, if you ask for them"}


def best():
    """Return the ``torch.device`` to compute on: "cuda" or "mps" if it is there and adds two numbers, otherwise "cpu".

    That a driver says it is there does not mean that it works, so one small computation is tried.
    """
    import torch

    for kind in ("cuda", "mps"):
        if _first_try(kind) == "":
            return torch.device(kind)
    return torch.device("cpu")


def _first_try(kind):
    """Return "" if the device computes, None if there is none of its ``kind``, or a sentence about what is wrong."""
    import torch

    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            there = torch.cuda.is_available() if kind == "cuda" else torch.backends.mps.is_available()
        if not there:
            return next((_sentence(w.message) for w in warned if "CUDA" in str(w.message)), None)
        if float(torch.ones(2, device=kind).sum()) != 2:
            return f"The device {kind!r} adds 1 and 1 and gets something else than 2: do not trust it."
    except _FAILURES as error:
        return _sentence(error)
    return ""


# What torch raises: RuntimeError (also OutOfMemoryError and AcceleratorError), AssertionError where it is built without
# CUDA, TypeError for a type that the device does not have.
_FAILURES = (RuntimeError, AssertionError, TypeError, MemoryError, OSError)

_SENTENCES = (
    (
        "out of memory",
        "No memory is left on the device: close other notebooks and programs that use it, and try again.",
    ),
    ("can't allocate memory", "The machine has too little free memory for this measurement: close other programs."),
    ("found no nvidia driver", "torch is built for CUDA, and there is no NVIDIA driver: without a card that is fine."),
    ("no cuda-capable device", "torch is built for CUDA, and the driver sees no card."),
    ("no cuda gpus are available", "torch is built for CUDA, and the driver sees no card."),
    (
        "too old",
        "The NVIDIA driver is too old for this torch: update the driver, or install a torch for an older CUDA.",
    ),
    ("insufficient", "The NVIDIA driver is too old for this torch: update it, or install a torch for an older CUDA."),
    ("not compiled with cuda", "This torch is built without CUDA: install one with CUDA, see pytorch.org."),
    ("no kernel image", "This torch is not built for a card of this age: install another version, see pytorch.org."),
    ("not linked with support for mps", "This torch is built without MPS."),
    ("busy or unavailable", "Another program keeps the card to itself: close it, and try again."),
)


def _sentence(error):
    """Say in one sentence what an error of torch means for the reader."""
    if isinstance(error, MemoryError):
        return _SENTENCES[1][1]
    text = str(error).strip() or type(error).__name__
    for part, sentence in _SENTENCES:
        if part in text.lower():
            return sentence
    return f"The device does not work, restart the machine or the runtime: {text.splitlines()[0].rstrip('.')}."


def nvidia_smi(timeout=10):
    """Return what NVIDIA's own program says, as (cards, problem): dicts with name, driver and memory in bytes, and a
    sentence about what is wrong; both are empty where the program is not installed.

    With a hanging driver the program never ends, and cannot even be killed: after ``timeout`` seconds cards is None.
    """
    program = shutil.which("nvidia-smi")
    if program is None:
        return [], ""
    query = "--query-gpu=name,driver_version,memory.total,memory.free"
    try:
        process = subprocess.Popen(
            [program, query, "--format=csv,noheader,nounits"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        return [], f"nvidia-smi does not start: {error}."
    try:
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()  # and no waiting for its end
        return None, f"nvidia-smi gave no answer within {timeout:g} s: the driver hangs, restart the machine."
    if process.returncode:
        first = next((line for line in output.splitlines() if line.strip()), f"exit status {process.returncode}")
        return (
            [],
            f"The NVIDIA driver does not work, install it again or restart the machine: {first.strip().rstrip('.')}.",
        )
    rows = [[cell.strip() for cell in line.split(",")] for line in output.splitlines() if line.count(",") == 3]
    return [
        {"name": name, "driver": driver, "memory": _mebibytes(total), "free": _mebibytes(free)}
        for name, driver, total, free in rows
    ], ""


def _mebibytes(text):
    return int(text) * 2**20 if text.isdigit() else None


def cpu():
    """Return the processor's ``name``, the ``cores`` this program may use, and the machine's ``memory`` in bytes."""
    name = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on Windows
        memory = None
    return {"name": name, "cores": cores, "memory": memory}


def accelerators():
    """Return (devices, problems): a dict for each GPU that computes, and sentences about those that do not."""
    import torch

    cards, problem = nvidia_smi()
    if cards is None:  # torch would hang too
        return [], [problem]
    found, problems = [], [problem] if problem else []
    for kind in ("cuda", "mps"):
        trouble = _first_try(kind)
        if trouble == "":
            try:
                found += _cuda_devices(cards) if kind == "cuda" else [_mps_device()]
            except _FAILURES as error:
                problems.append(_sentence(error))
        elif trouble and (cards or "no NVIDIA driver" not in trouble):
            problems.append(trouble)
    if cards and not found and not problems:
        build = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built without CUDA"
        problems.append(
            f"There is an {cards[0]['name']}, but this torch, {torch.__version__}, is {build} and does not see it: "
            "install one with CUDA, see pytorch.org."
        )
    return found, problems


def _cuda_devices(cards):
    import torch

    found = []
    for i in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(i)
        free, total = torch.cuda.mem_get_info(i)
        driver = next((card["driver"] for card in cards if card["name"] == properties.name), None)
        found.append(
            {
                "device": f"cuda:{i}",
                "name": properties.name,
                "driver": driver,
                "memory": total,
                "free": free,
                "capability": f"{properties.major}.{properties.minor}",
            }
        )
    return found


def _mps_device():
    memory = cpu()["memory"]  # one memory for all
    return {"device": "mps", "name": "Apple GPU", "driver": "macOS " + platform.mac_ver()[0], "memory": memory}


def median_seconds(function, device="cpu", *, repeats=7, seconds=2.0):
    """Return the median time of one call of ``function``, which computes on ``device``.

    Two calls for warming up are not counted. Then at least three are, and at most ``repeats``, as long as ``seconds``
    have not passed; each is awaited, since a GPU goes on computing after the call has returned.
    """
    repeats, seconds = as_int("repeats", repeats, minimum=3), as_number("seconds", seconds, above=0)
    wait = _waiter(device)
    for _ in range(2):
        function()
    wait()
    times, start = [], time.perf_counter()
    while len(times) < 3 or (len(times) < repeats and time.perf_counter() - start < seconds):
        before = time.perf_counter()
        function()
        wait()
        times.append(time.perf_counter() - before)
    return statistics.median(times)


def _waiter(device):
    import torch

    wait = {"cuda": lambda: torch.cuda.synchronize(device), "mps": torch.mps.synchronize}
    return wait.get(torch.device(device).type, lambda: None)


def copy_bandwidth(source="cpu", target="cpu", *, size=256 * 10**6, **options):
    """Return how many bytes a second are copied from the memory of ``source`` to that of ``target``.

    ``size`` bytes are copied, far more than a cache holds. Each is read once and written once, so within one memory
    the traffic is twice as large. Between the CPU and a CUDA device the CPU's memory is pinned, so that the GPU can
    fetch it itself. ``options`` are those of ``median_seconds``.
    """
    import torch

    count = as_int("size", size, minimum=4) // 4
    x = torch.ones(count, dtype=torch.float32, device=source)
    y = torch.zeros(count, dtype=torch.float32, device=target)
    kinds = {x.device.type, y.device.type}
    if kinds == {"cpu", "cuda"}:
        x, y = (t.pin_memory() if t.device.type == "cpu" else t for t in (x, y))
    busy = next((t.device for t in (x, y) if t.device.type != "cpu"), "cpu")
    return 4 * count / median_seconds(lambda: y.copy_(x), busy, **options)


def matmul_throughput(device="cpu", dtype="float32", *, size=1024, **options):
    """Return how many floating-point operations a second a product of two ``size``×``size`` matrices reaches: 2·size³
    operations, a multiplication and an addition for each triple of row, column and inner index.

    ``dtype`` is the name of a torch type, such as "float32" or "bfloat16". ``options`` as in ``median_seconds``.
    """
    import torch

    size = as_int("size", size, minimum=1)
    kind = getattr(torch, dtype, None) if isinstance(dtype, str) else None
    if not isinstance(kind, torch.dtype):
        raise ValueError(f"dtype: expected the name of a torch type such as 'float32', got {describe(dtype)}")
    a, b = (torch.full((size, size), 0.5, dtype=kind, device=device) for _ in range(2))
    c = torch.empty_like(a)
    return 2 * size**3 / median_seconds(lambda: torch.mm(a, b, out=c), device, **options)


def forward_seconds(module, shape, device="cpu", **options):
    """Return the seconds of a forward pass of ``module`` on ``device`` for an input of ``shape``, batch included.

    The module is moved there and back. ``options`` as in ``median_seconds``.
    """
    import torch

    if not isinstance(module, torch.nn.Module):
        raise TypeError(f"module: expected a torch.nn.Module, got {describe(module)}")
    shape, training = as_shape("shape", shape), module.training
    home = next((p.device for p in module.parameters()), torch.device("cpu"))
    try:
        module.eval().to(device)
        x = torch.rand(shape, device=device)
        with torch.no_grad():
            return median_seconds(lambda: module(x), device, **options)
    finally:
        module.train(training).to(home)


def lenet():
    """Return LeNet-5's layer table as a torch module: three convolutions, two poolings, two dense layers, tanh.

    The course's own, ``course_pkg.models.lenet5``, is NumPy's and runs on the CPU only. As usual today, all maps of S2
    are connected to all of C3, the poolings have no weights, the output is a dense layer. Images are (N, 1, 32, 32).
    """
    from torch import nn

    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2)),
        *(nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten()),
        *(nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)),
    )


def _vgg19():
    from course_pkg.models import vgg19

    return vgg19()


# What builds it, the shape of one image, how many images at a time.
NETWORKS = {"LeNet-5": (lenet, (1, 32, 32), (1, 256)), "VGG-19": (_vgg19, (3, 224, 224), (1,))}


def _plan(gpus, quick):
    """The measurements to make: (device, what, unit, function without arguments)."""
    options = {"repeats": 3, "seconds": 0.5} if quick else {}
    copy = partial(copy_bandwidth, size=(64 if quick else 256) * 10**6, **options)
    plan = [("cpu", "copy within memory", "B/s", copy)]
    for gpu in gpus:
        plan += [
            (gpu, "copy from the CPU", "B/s", partial(copy, "cpu", gpu)),
            (gpu, "copy to the CPU", "B/s", partial(copy, gpu, "cpu")),
            (gpu, "copy within memory", "B/s", partial(copy, gpu, gpu)),
        ]
    devices = ("cpu", *gpus)
    for device in devices:
        size = (512 if quick else 1024) if device == "cpu" else (2048 if quick else 8192)
        for dtype in ("float32", "bfloat16"):
            function = partial(matmul_throughput, device, dtype, size=size, **options)
            plan.append((device, f"matrix product {dtype}", "FLOP/s", function))
    for network, (build, shape, batches) in NETWORKS.items():
        build = cache(build)  # once, and only when it is its turn
        for batch in batches:
            what = f"{network} forward, {batch} image{'s' * (batch > 1)}"
            for device in devices:
                plan.append((device, what, "s", partial(_forward, build, (batch, *shape), device, options)))
    return plan


def _forward(build, shape, device, options):
    return forward_seconds(build(), shape, device, **options)


def check(*, quick=False, measure=True):
    """Return a dict about this machine: cpu, gpus, best, torch, measured, problems, lectures.

    ``measured`` is a list of dicts: device, what, value, unit (B/s, FLOP/s or s). ``problems`` are sentences about what
    is there and does not work. ``quick`` measures less exactly, ``measure=False`` not at all. Nothing is raised for a
    device that fails.
    """
    import torch

    from course_pkg.show import progress

    found, problems = accelerators()
    measured = []
    plan = _plan([gpu["device"] for gpu in found], quick) if measure else []
    with progress(plan, "measuring") as bar:
        for device, what, unit, function in bar:
            bar.set_postfix_str(f"{what}, {device}")
            try:
                measured.append({"device": device, "what": what, "value": function(), "unit": unit})
            except _FAILURES as error:
                problems.append(f"{what} on {device}: {_sentence(error)}")
    return {
        "cpu": cpu() | {"threads": torch.get_num_threads()},
        "gpus": found,
        "best": str(best()) if found else "cpu",
        "torch": {
            "version": torch.__version__,
            "cuda": torch.version.cuda,
            "rocm": torch.version.hip,
            "tf32": torch.get_float32_matmul_precision() != "highest",
        },
        "measured": measured,
        "problems": list(dict.fromkeys(problems)),
        "lectures": lectures(),
    }


def lectures():
    """Return what each lecture needs: a dict from its path to its ``seconds`` on one core and a ``note``.

    The times are those of the last build, which stand beside the lectures; there are none where only the package is
    installed.
    """
    path = Path(__file__).parents[1] / "lectures" / "times.json"
    times = json.loads(path.read_text()) if path.exists() else {}
    return {name: {"seconds": seconds, "note": NOTES.get(name, "")} for name, seconds in times.items() if "/" in name}


def shown(value, unit):
    """Return a measured number as readers see it: 2.5e9, "B/s" → "2.5 GB/s"; 0.003, "s" → "3 ms"."""
    if unit == "s":
        scale, prefix = next(((s, p) for s, p in ((1, ""), (1e3, "m")) if value * s >= 1), (1e6, "µ"))
    else:
        scale, prefix = next(((1 / s, p) for s, p in ((1e12, "T"), (1e9, "G")) if value >= s), (1e-6, "M"))
    number = value * scale
    return f"{number:.3g} {prefix}{unit}" if number < 1000 else f"{number:.0f} {prefix}{unit}"


def as_text(report):
    """Return the ``report`` of ``check`` as the command prints it."""
    cpu_, torch_ = report["cpu"], report["torch"]
    memory = f", {cpu_['memory'] / 1e9:.3g} GB of memory" if cpu_["memory"] else ""
    build = f"CUDA {torch_['cuda']}" if torch_["cuda"] else f"ROCm {torch_['rocm']}" if torch_["rocm"] else "no CUDA"
    lines = [
        f"CPU    {cpu_['name']}, {cpu_['cores']} cores{memory}; torch computes with {cpu_['threads']} threads",
        f"torch  {torch_['version']}, built with {build}",
    ]
    for gpu in report["gpus"]:
        driver = f", driver {gpu['driver']}" if gpu["driver"] else ""
        lines.append(
            f"GPU    {gpu['device']}: {gpu['name']}{driver}, {gpu['memory'] / 1e9:.3g} GB of memory"
            + (f", {gpu['free'] / 1e9:.3g} GB free" if "free" in gpu else "")
        )
    lines += [] if report["gpus"] else ["GPU    none that torch can use"]
    lines += [f"Problem: {problem}" for problem in report["problems"]]
    lines += [f"Compute on: {report['best']}", ""]
    if report["measured"]:
        lines += ["Measured: medians after warming up", *_measured_lines(report), ""]
    lines += _lecture_lines(report["lectures"])
    if not report["gpus"]:
        lines += ["", "Without a GPU every lecture works. To try one, use Google Colab:"]
        lines += [f"  {i}. {step}" for i, step in enumerate(COLAB, start=1)]
    return "\n".join(lines) + "\n"


def _measured_lines(report):
    devices = ["cpu", *(gpu["device"] for gpu in report["gpus"])]
    rows = {}
    for one in report["measured"]:
        rows.setdefault(one["what"], {})[one["device"]] = one
    yield f"  {'':34}" + "".join(f"{device:>14}" for device in devices)
    for what, row in rows.items():
        cells = [shown(row[d]["value"], row[d]["unit"]) if d in row else "" for d in devices]
        times = [row[d]["value"] for d in devices if d in row and row[d]["unit"] == "s"]
        ratio = f"   {times[0] / times[1]:.2g} times as fast" if len(times) == 2 else ""
        yield f"  {what:34}" + "".join(f"{cell:>14}" for cell in cells) + ratio
    if any(gpu["device"].startswith("cuda") for gpu in report["gpus"]):
        state = "on: float32 products round their factors to 10 bits" if report["torch"]["tf32"] else "off"
        yield f"  TF32 is {state} (torch.set_float32_matmul_precision)"


def _lecture_lines(needs):
    yield "What the lectures need: a CPU and no network, under 60 s each on two cores. None needs a GPU."
    if needs:
        yield "When they were built, on one core:"
    for name, need in needs.items():
        yield f"  {name:50}{need['seconds']:4} s   {need['note']}".rstrip()


def main(arguments=None):
    """Print the report, for people or with ``--json`` for scripts; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m course_pkg.device", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="measure less exactly, in a few seconds")
    parser.add_argument("--json", action="store_true", help="print JSON in place of text")
    options = parser.parse_args(arguments)
    try:
        report = check(quick=options.quick)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return 130
    text = json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n" if options.json else as_text(report)
    sys.stdout.write(text)
    return 1 if report["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
