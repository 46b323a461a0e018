"""Fetching published weights, from a server on this machine that also breaks off, lies and stalls."""

import hashlib
import http.server
import io
import os
import re
import signal
import subprocess
import sys
import threading

import architectures_oracle as oracle
import pytest
import torch
from torch import nn

from course_pkg import models
from course_pkg.models import load_published, published
from course_pkg.models.published import PUBLISHED, Weights


def tiny():
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))


def saved(value, **options):
    """Return what torch.save writes."""
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


class Server(http.server.ThreadingHTTPServer):
    """Sends ``content``, as ``mode`` says: "all", "half" and no more, "stall" after half, "both" when two have half."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.mode, self.requests = b"", "all", 0
        self.half_sent, self.go_on, self.two = threading.Event(), threading.Event(), threading.Barrier(2)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.requests += 1
        if server.mode == "404":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(server.content)))
        self.end_headers()
        half = len(server.content) // 2
        self.wfile.write(server.content[:half])
        if server.mode == "half":
            return
        if server.mode == "stall":
            server.half_sent.set()
            server.go_on.wait(30)
        if server.mode == "both":
            server.two.wait(30)
        self.wfile.write(server.content[half:])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setattr(published, "ADDRESS", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("COURSE_QUIET", "1")
    yield server
    server.go_on.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def publish(server, monkeypatch):
    """Return a function that puts content on the server as the published file of a network, by default a tiny one."""

    def publish(content, build=tiny, adapt=dict):
        server.content = content
        sha256 = hashlib.sha256(content).hexdigest()
        monkeypatch.setitem(PUBLISHED, "tiny", Weights(build, f"tiny-{sha256[:8]}.pth", sha256, adapt))
        return PUBLISHED["tiny"].file

    return publish


@pytest.fixture
def state():
    torch.manual_seed(0)
    return tiny().state_dict()


def files(folder):
    return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []


class TestTable:
    def test_names_hashes_and_networks(self):
        assert {"alexnet", "vgg16", "vgg19", "googlenet", "resnet34", "resnet152", "densenet121"} <= set(PUBLISHED)
        for name, weights in PUBLISHED.items():
            # torchvision's file names end with the first digits of the SHA-256.
            prefix = re.fullmatch(r"[a-z0-9-]+-([0-9a-f]{8})\.pth", weights.file)[1]
            assert re.fullmatch(f"{prefix}[0-9a-f]{{56}}", weights.sha256)
            assert weights.file.startswith(name)

    @pytest.mark.parametrize("name", sorted(PUBLISHED))
    def test_the_published_tensors_fit(self, name):
        """What the real file holds, by name and shape, goes into the network without a rest."""
        weights = PUBLISHED[name]
        with torch.device("meta"):
            model = weights.build()
            held = {key: torch.empty(shape) for key, shape in oracle.state_dict_shapes(name).items()}
            adapted = weights.adapt(held)
            model.load_state_dict(adapted)
        assert held.keys() - adapted.keys() == {key for key in held if name == "googlenet" and key.startswith("aux")}


class TestFetching:
    def test_first_call_fetches_and_the_second_does_not(self, server, publish, state, tmp_path):
        file = publish(saved(state))
        for _ in range(2):
            model = load_published("tiny", cache=tmp_path / "new" / "folder")
            assert all(torch.equal(model.state_dict()[key], value) for key, value in state.items())
        assert server.requests == 1
        assert files(tmp_path) == sorted(["new", "folder", file])

    def test_the_network_is_ready(self, publish, state, tmp_path):
        publish(saved(state))
        model = load_published("tiny", cache=str(tmp_path))
        assert not any(part.training for part in model.modules())
        assert all(p.requires_grad and p.device.type == "cpu" for p in model.parameters())
        model(torch.ones(1, 3)).sum().backward()
        assert model[0].weight.grad is not None

    def test_default_folder_is_torchs(self, server, publish, state, tmp_path, monkeypatch):
        file = publish(saved(state))
        monkeypatch.setenv("TORCH_HOME", str(tmp_path))
        load_published("tiny")
        assert (tmp_path / "hub" / "checkpoints" / file).exists()
        server.mode = "404"
        load_published("tiny")

    def test_a_file_fetched_elsewhere_needs_no_network(self, publish, state, tmp_path, monkeypatch):
        content = saved(state)
        (tmp_path / publish(content)).write_bytes(content)
        monkeypatch.setattr(published, "ADDRESS", "http://127.0.0.1:9")  # nobody listens there
        load_published("tiny", cache=tmp_path)

    def test_without_network(self, publish, state, tmp_path, monkeypatch):
        file = publish(saved(state))
        monkeypatch.setattr(published, "ADDRESS", "http://127.0.0.1:9")
        with pytest.raises(ConnectionError) as caught:
            load_published("tiny", cache=tmp_path / "cache")
        text = str(caught.value)
        assert f"http://127.0.0.1:9/{file}" in text
        assert f"fetch the file elsewhere and put it at {tmp_path / 'cache' / file}" in text
        assert file not in files(tmp_path)

    @pytest.mark.parametrize("mode", ["404", "half"])
    def test_no_file_and_half_a_file(self, mode, server, publish, state, tmp_path):
        publish(saved(state))
        server.mode = mode
        with pytest.raises(ConnectionError, match="nothing of it was kept"):
            load_published("tiny", cache=tmp_path)
        assert files(tmp_path) == []
        server.mode = "all"
        load_published("tiny", cache=tmp_path)

    def test_another_file_than_the_published_one(self, server, publish, state, tmp_path):
        publish(saved(state))
        server.content = b"<html>Please log in to this network</html>"
        with pytest.raises(ValueError, match="SHA-256"):
            load_published("tiny", cache=tmp_path)
        assert files(tmp_path) == []

    def test_a_damaged_file_in_the_cache_is_fetched_again(self, server, publish, state, tmp_path):
        content = saved(state)
        path = tmp_path / publish(content)
        path.write_bytes(content[:-100])
        load_published("tiny", cache=tmp_path)
        assert (server.requests, path.read_bytes()) == (1, content)

    def test_interrupted(self, server, publish, state, tmp_path):
        """Ctrl-C in the middle, in a process of its own: nothing stays, neither whole nor half."""
        publish(saved(state))
        server.mode = "stall"
        code = (
            "import sys, test_published as t\n"
            "from course_pkg.models import published\n"
            "published.ADDRESS, file, sha256, cache = sys.argv[1:]\n"
            "published.PUBLISHED['tiny'] = published.Weights(t.tiny, file, sha256)\n"
            "published.load_published('tiny', cache=cache)\n"
        )
        _, file, sha256, _ = PUBLISHED["tiny"]
        cache = tmp_path / "cache"
        process = subprocess.Popen(
            [sys.executable, "-c", code, published.ADDRESS, file, sha256, str(cache)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([os.path.dirname(__file__), *sys.path])},
            stderr=subprocess.PIPE,
            text=True,
        )
        assert server.half_sent.wait(60)
        assert len(files(cache)) == 1  # the half file, under another name
        assert file not in files(cache)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert "KeyboardInterrupt" in errors
        assert files(cache) == []

    def test_two_at_once(self, server, publish, state, tmp_path):
        file = publish(saved(state))
        server.mode = "both"  # each gets its second half only when both have the first
        found = []
        threads = [
            threading.Thread(target=lambda: found.append(load_published("tiny", cache=tmp_path))) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert (len(found), server.requests) == (2, 2)
        assert files(tmp_path) == [file]
        assert all(torch.equal(model[0].weight, state["0.weight"]) for model in found)

    def test_a_cache_that_cannot_be_written_to(self, publish, state, tmp_path):
        publish(saved(state))
        (tmp_path / "file").write_text("not a folder")
        with pytest.raises(OSError, match="cache: expected a folder that can be written to"):
            load_published("tiny", cache=tmp_path / "file" / "folder")

    def test_progress_bar_where_somebody_watches(self, publish, state, tmp_path, monkeypatch, capsys):
        publish(saved(state))
        load_published("tiny", cache=tmp_path / "quiet")
        monkeypatch.delenv("COURSE_QUIET")
        load_published("tiny", cache=tmp_path / "unwanted", progress=False)
        assert "B/s]" not in "".join(capsys.readouterr())
        load_published("tiny", cache=tmp_path / "watched")
        assert "B/s]" in "".join(capsys.readouterr())  # on stderr in a terminal, on stdout in a notebook's kernel


class Evil:
    """Unpickled, it would make a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


class TestContent:
    def test_a_file_that_is_no_file_of_torchs(self, publish, tmp_path):
        publish(b"neither zip nor pickle")
        with pytest.raises(ValueError, match=r"tiny.*torch cannot read"):
            load_published("tiny", cache=tmp_path)

    @pytest.mark.parametrize("zip_format", [True, False])
    def test_half_a_file_with_the_right_hash(self, zip_format, publish, state, tmp_path):
        content = saved(state, _use_new_zipfile_serialization=zip_format)
        publish(content[: len(content) // 2])
        with pytest.raises(ValueError, match="torch cannot read"):
            load_published("tiny", cache=tmp_path)

    def test_code_in_the_file_is_not_run(self, publish, tmp_path):
        publish(saved({"0.weight": Evil(str(tmp_path / "made"))}))
        with pytest.raises(ValueError, match="torch cannot read"):
            load_published("tiny", cache=tmp_path / "cache")
        assert not (tmp_path / "made").exists()

    @pytest.mark.parametrize("value", [[1, 2], {"state_dict": {"0.weight": torch.ones(2, 3)}}, torch.ones(3)])
    def test_no_state_dict(self, value, publish, tmp_path):
        publish(saved(value))
        with pytest.raises(ValueError, match="expected a state dict"):
            load_published("tiny", cache=tmp_path)

    def test_another_architecture(self, publish, tmp_path):
        publish(saved(nn.Sequential(nn.Linear(4, 2), nn.ReLU(), nn.Linear(2, 1)).state_dict()))
        with pytest.raises(ValueError, match="expected the 7 tensors") as caught:
            load_published("tiny", cache=tmp_path)
        assert "5 are missing or have another shape, first ['0.weight (2, 3)']" in str(caught.value)
        assert "2 do not belong to it, first ['2.weight (1, 2)']" in str(caught.value)

    def test_formats_of_former_years(self, publish, state, tmp_path):
        """The published files of 2017 are no zip files, hold parameters, and know no num_batches_tracked."""
        old = {key: nn.Parameter(value) for key, value in state.items() if not key.endswith("num_batches_tracked")}
        publish(saved(old, _use_new_zipfile_serialization=False))
        model = load_published("tiny", cache=tmp_path)
        assert all(torch.equal(model.state_dict()[key], value) for key, value in state.items())

    def test_densenet_with_its_old_names(self, publish, tmp_path):
        state = oracle.random_state(oracle.state_dict_shapes("densenet121"))
        old = {re.sub(r"(denselayer\d+\.[a-z]+)([12])", r"\1.\2", key): value for key, value in state.items()}
        assert "features.denseblock1.denselayer1.norm.1.weight" in old
        _, _, _, adapt = PUBLISHED["densenet121"]
        publish(saved(old), models.densenet121, adapt)
        model = load_published("tiny", cache=tmp_path)
        x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            torch.testing.assert_close(model(x), oracle.densenet121(state, x), rtol=1e-3, atol=1e-3)

    def test_googlenet_loses_its_heads(self, publish, tmp_path):
        state = oracle.random_state(oracle.state_dict_shapes("googlenet"))
        build, _, _, adapt = PUBLISHED["googlenet"]
        publish(saved(state), build, adapt)
        model = load_published("tiny", cache=tmp_path)
        assert sum(p.numel() for p in model.parameters()) == 6_624_904
        assert model.transform_input
        x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
        mean, deviation = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[:, None, :, None, None]
        with torch.no_grad():
            expected = oracle.googlenet(state, 2 * x - 1)[0]
            torch.testing.assert_close(model((x - mean) / deviation), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("arguments", "error", "name"),
    [
        ({"name": "vgg"}, ValueError, "name: expected one of 'alexnet'"),
        ({"name": None}, ValueError, "name"),
        ({"name": "vgg16", "progress": 1}, TypeError, "progress"),
        ({"name": "vgg16", "cache": 3}, TypeError, "cache"),
    ],
)
def test_wrong_arguments(arguments, error, name):
    with pytest.raises(error, match=name):
        load_published(**arguments)
