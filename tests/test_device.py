"""The device check: what it says about each state of driver, card and torch, and what it measures."""

import json
import subprocess
import sys

import pytest
import torch
from torch import nn

from course_pkg import device
from course_pkg.models.arithmetic import LENET5, count

CARD = "NVIDIA T4, 580.1, 15360, 15000"


@pytest.fixture
def smi(tmp_path, monkeypatch):
    """A function that puts an nvidia-smi of these lines of shell in place of the machine's."""

    def install(script):
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return install


@pytest.fixture
def bare(smi, monkeypatch):
    """A machine on which torch sees no accelerator."""
    monkeypatch.setattr(device.shutil, "which", lambda name: None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


def fails(error):
    def function(*_, **__):
        raise error

    return function


def test_the_best_device_computes():
    best = device.best()
    assert best.type in ("cpu", "cuda", "mps")
    assert torch.arange(4, device=best).sum() == 6


def test_a_machine_without_a_gpu(bare):
    assert device.best() == torch.device("cpu")
    assert device.accelerators() == ([], [])
    report = device.check(measure=False)
    assert report["best"] == "cpu"
    assert report["problems"] == []
    text = device.as_text(report)
    assert "none that torch can use" in text
    assert all(f"  {i}. " in text for i in range(1, 6)), "the steps for Colab"
    assert "T4 GPU" in text


ERRORS = {
    "no memory": (torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 MiB."), "No memory is left"),
    "no driver": (RuntimeError("Found no NVIDIA driver on your system. Please check …"), "there is no NVIDIA driver"),
    "no card": (RuntimeError("No CUDA GPUs are available"), "the driver sees no card"),
    "old driver": (RuntimeError("The NVIDIA driver on your system is too old (found version 11040)."), "too old"),
    "not built": (AssertionError("Torch not compiled with CUDA enabled"), "built without CUDA"),
    "old card": (
        RuntimeError("CUDA error: no kernel image is available for execution on the device"),
        "not built for a card of this age",
    ),
    "broken": (RuntimeError("CUDA error: unknown error\nCUDA kernel errors might be …"), "restart.*: CUDA error"),
    "busy": (RuntimeError("CUDA error: all CUDA-capable devices are busy or unavailable"), "Another program"),
}


@pytest.mark.parametrize(("error", "words"), ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("place", ["asked", "computing"])
def test_a_driver_that_fails_is_a_sentence(bare, monkeypatch, error, words, place):
    if place == "asked":
        monkeypatch.setattr(torch.cuda, "is_available", fails(error))
    else:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch, "ones", fails(error))
    assert device.best() == torch.device("cpu")
    sentence = device._first_try("cuda")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(sentence)


@pytest.mark.skipif(torch.backends.cuda.is_built(), reason="this torch is built with CUDA")
def test_what_torch_itself_says_without_cuda(bare, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert "built without CUDA" in device._first_try("cuda")


def test_a_warning_in_place_of_an_error(bare, monkeypatch):
    def warns():
        import warnings

        warnings.warn("CUDA initialization: The NVIDIA driver on your system is too old (found …)", stacklevel=1)
        return False

    monkeypatch.setattr(torch.cuda, "is_available", warns)
    assert device.accelerators() == ([], [device._sentence(RuntimeError("too old"))])


def test_a_card_that_computes_wrong(bare, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    zeros = torch.zeros(2)
    monkeypatch.setattr(torch, "ones", lambda *_, **__: zeros)
    assert "do not trust it" in device._first_try("cuda")


def test_a_card_that_fails_only_when_asked_for_its_memory(bare, monkeypatch):
    monkeypatch.setattr(device, "_first_try", lambda kind: "" if kind == "cuda" else None)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_properties", fails(RuntimeError("CUDA error: device-side assert")))
    assert device.accelerators() == (
        [],
        ["The device does not work, restart the machine or the runtime: CUDA error: device-side assert."],
    )


def test_nvidia_smi_is_read(smi):
    smi(f"echo '{CARD}'")
    cards, problem = device.nvidia_smi()
    assert cards == [{"name": "NVIDIA T4", "driver": "580.1", "memory": 15360 * 2**20, "free": 15000 * 2**20}]
    assert problem == ""


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exec sleep 60", "no answer within 0.2 s: the driver hangs"),
        (
            "echo; echo 'NVIDIA-SMI has failed because it could not communicate.'; exit 9",
            "NVIDIA-SMI has failed because",
        ),
        ("exit 12", "exit status 12"),
    ],
)
def test_an_nvidia_smi_that_fails(smi, script, words):
    smi(script)
    cards, problem = device.nvidia_smi(timeout=0.2 if "sleep" in script else 10)
    assert cards == (None if "sleep" in script else [])
    assert words in problem
    assert problem.endswith(".")


def test_an_nvidia_smi_that_does_not_start(smi, tmp_path):
    smi("")
    (tmp_path / "nvidia-smi").write_text("#!/no/such/shell\n")
    assert "does not start" in device.nvidia_smi()[1]


@pytest.mark.parametrize("script", ["echo 'No devices were found'", "echo", "echo 'a, b, [N/A], [N/A]'"])
def test_an_nvidia_smi_that_says_little(smi, script):
    smi(script)
    cards, problem = device.nvidia_smi()
    assert problem == ""
    assert all(card["memory"] is None for card in cards)


def test_a_hanging_driver_is_left_alone(smi, monkeypatch):
    monkeypatch.setattr(device, "nvidia_smi", lambda: (None, "the driver hangs"))
    monkeypatch.setattr(torch.cuda, "is_available", fails(SystemExit("torch must not touch the driver")))
    assert device.accelerators() == ([], ["the driver hangs"])


def test_a_card_that_torch_does_not_see(bare, monkeypatch):
    monkeypatch.setattr(device, "nvidia_smi", lambda: ([{"name": "NVIDIA T4"}], ""))
    [sentence] = device.accelerators()[1]
    assert "NVIDIA T4" in sentence
    assert torch.__version__ in sentence


def test_time_is_the_median_of_calls_after_warming_up(monkeypatch):
    now, calls, waits = [0.0], [], []
    durations = iter([100, 50, 3, 1, 8, 2, 9])

    def work():
        calls.append(1)
        now[0] += next(durations)

    monkeypatch.setattr(device.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(torch.cuda, "synchronize", waits.append)
    assert device.median_seconds(work, "cuda:1", repeats=5, seconds=1e9) == 3
    assert len(calls) == 7
    assert waits == ["cuda:1"] * 6, "that GPU is awaited after warming up and after each call"


def test_measuring_stops_when_it_takes_long():
    calls = []
    device.median_seconds(lambda: calls.append(1), repeats=10**9, seconds=0.01)
    assert 5 <= len(calls) < 10**9
    calls.clear()
    device.median_seconds(lambda: calls.append(1), repeats=1000, seconds=1e-9)
    assert len(calls) == 2 + 3, "three count at least"


def test_rates_follow_from_the_time(monkeypatch):
    ran = []
    monkeypatch.setattr(device, "median_seconds", lambda function, where, **_: ran.append((function(), where)) or 0.5)
    assert device.copy_bandwidth(size=4000) == 8000
    assert ran[0][0].numel() == 1000
    assert ran[0][0].sum() == 1000, "copied"
    assert device.matmul_throughput(size=30, dtype="bfloat16") == 2 * 30**3 / 0.5
    product = ran[1][0]
    assert (product.dtype, product.shape) == (torch.bfloat16, (30, 30))
    assert (product == 30 / 4).all()


def test_a_forward_pass_leaves_the_network_as_it_was():
    net = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    assert device.forward_seconds(net, (1, 4), repeats=3) > 0, "a batch of one, which BatchNorm refuses in training"
    assert net.training
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_lenet_has_the_shapes_of_the_layer_table():
    x, shapes = torch.zeros(1, 1, 32, 32), []
    for layer in device.lenet():
        x = layer(x)
        if isinstance(layer, (nn.Conv2d, nn.AvgPool2d, nn.Linear)):
            shapes.append((*x.shape[1:], 1, 1)[:3])
    assert shapes == [row.output for row in count(LENET5)]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: device.median_seconds(print, repeats=2), ValueError, "repeats"),
        (lambda: device.median_seconds(print, seconds=0), ValueError, "seconds"),
        (lambda: device.copy_bandwidth(size="1 GB"), TypeError, "size"),
        (lambda: device.matmul_throughput(dtype="float33"), ValueError, "dtype"),
        (lambda: device.matmul_throughput(dtype=torch.float32), ValueError, "dtype"),
        (lambda: device.matmul_throughput(size=0), ValueError, "size"),
        (lambda: device.forward_seconds(3, (1, 2)), TypeError, "module"),
        (lambda: device.forward_seconds(nn.ReLU(), 3), TypeError, "shape"),
    ],
)
def test_wrong_arguments(call, error, words):
    with pytest.raises(error, match=f"^{words}: expected"):
        call()


@pytest.fixture
def second_cpu(monkeypatch):
    """A machine whose CPU is also its accelerator: everything is measured for real, twice."""
    gpu = {"device": "cpu:0", "name": "Second CPU", "driver": "1.2", "memory": 4 * 10**9, "free": 10**9}
    monkeypatch.setattr(device, "accelerators", lambda: ([gpu], []))
    monkeypatch.setattr(device, "NETWORKS", {"LeNet-5": device.NETWORKS["LeNet-5"]})


def test_the_report_compares_devices(second_cpu, capsys):
    assert device.main(["--quick"]) == 0
    text = capsys.readouterr().out
    assert "GPU    cpu:0: Second CPU, driver 1.2, 4 GB of memory, 1 GB free" in text
    rows = {line[2:36].strip(): line for line in text.splitlines() if line.startswith("  ")}
    assert rows["copy within memory"].count("B/s") == 2
    assert rows["copy from the CPU"].count("B/s") == 1
    assert rows["matrix product bfloat16"].count("FLOP/s") == 2
    assert "times as fast" in rows["LeNet-5 forward, 256 images"]
    assert "Colab" not in text


def test_what_fails_while_measuring_is_a_sentence(second_cpu, monkeypatch, capsys):
    monkeypatch.setattr(device, "copy_bandwidth", fails(torch.cuda.OutOfMemoryError("CUDA out of memory.")))
    monkeypatch.setattr(device, "matmul_throughput", fails(TypeError("BFloat16 is not supported on MPS")))
    monkeypatch.setattr(device, "NETWORKS", {})
    assert device.main(["--quick", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["measured"] == []
    assert "copy from the CPU on cpu:0: No memory is left on the device" in " ".join(report["problems"])
    assert "Problem: " in device.as_text(report)


def test_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "course_pkg.device", "--quick", "--json"], capture_output=True, text=True, timeout=300
    )
    report = json.loads(done.stdout)
    assert done.returncode == (1 if report["problems"] else 0)
    assert done.stderr == "", "quiet where nobody watches"
    measured = {(one["device"], one["what"]) for one in report["measured"]}
    assert {
        ("cpu", "copy within memory"),
        ("cpu", "matrix product float32"),
        ("cpu", "VGG-19 forward, 1 image"),
    } <= measured
    assert all(one["value"] > 0 for one in report["measured"])
    assert report["cpu"]["cores"] >= 1
    assert report["lectures"]["session1_networks/01_neuron"]["seconds"] >= 1


def test_stopping_it_is_no_crash(monkeypatch, capsys):
    monkeypatch.setattr(device, "check", fails(KeyboardInterrupt()))
    assert device.main([]) == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_numbers_as_readers_see_them():
    shown = [
        device.shown(*pair)
        for pair in ((2.5e9, "B/s"), (7.9e14, "FLOP/s"), (3e6, "B/s"), (2, "s"), (0.0031, "s"), (4e-6, "s"))
    ]
    assert shown == ["2.5 GB/s", "790 TFLOP/s", "3 MB/s", "2 s", "3.1 ms", "4 µs"]
