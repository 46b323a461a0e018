"""Pictures in and out: every kind of file that people have, and every way in which one can be broken."""

import io
import os
import struct
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from course_pkg.vision import files
from course_pkg.vision.files import check_writable, read_picture, write_picture

NOISE = np.random.default_rng(0).integers(256, size=(12, 20, 3), dtype=np.uint8)
REDDISH = np.full((6, 6, 3), (250, 40, 5), np.uint8)


def encoded(array, kind, **options):
    content = io.BytesIO()
    image = array if isinstance(array, Image.Image) else Image.fromarray(array)
    image.save(content, kind, **options)
    return content.getvalue()


def png_of_size(width, height, depth=8, colour=2):
    """A PNG file that promises that many pixels and holds none."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = [struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))]
    chunks += [struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


class TestKinds:
    @pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tiff", "a.ppm", "without_ending"])
    def test_colours_are_those_of_the_file(self, tmp_path, name):
        (tmp_path / name).write_bytes(encoded(NOISE, {".bmp": "BMP", ".tiff": "TIFF"}.get(name[1:], "PNG")))
        picture = read_picture(tmp_path / name)
        assert picture.dtype == np.float64
        np.testing.assert_array_equal(picture, NOISE / 255)
        np.testing.assert_array_equal(read_picture(str(tmp_path / name)), picture)

    @pytest.mark.parametrize(
        ("mode", "kind"), [("CMYK", "TIFF"), ("CMYK", "JPEG"), ("YCbCr", "TIFF"), ("RGBA", "WEBP"), ("RGB", "JPEG")]
    )
    def test_other_ways_to_write_a_colour(self, tmp_path, mode, kind):
        (tmp_path / "a").write_bytes(encoded(Image.fromarray(REDDISH).convert(mode), kind))
        np.testing.assert_allclose(read_picture(tmp_path / "a"), REDDISH / 255, atol=0.03)

    def test_palette(self, tmp_path):
        image = Image.new("P", (2, 1))
        image.putpalette([255, 0, 0, 0, 0, 255])
        image.putpixel((1, 0), 1)
        image.save(tmp_path / "opaque.png")
        np.testing.assert_array_equal(read_picture(tmp_path / "opaque.png"), [[(1, 0, 0), (0, 0, 1)]])
        image.save(tmp_path / "clear.png", transparency=1)
        np.testing.assert_array_equal(read_picture(tmp_path / "clear.png"), [[(1, 0, 0), (1, 1, 1)]])

    def test_grey_and_black_and_white(self, tmp_path):
        Image.fromarray(np.array([[0, 51, 255]], np.uint8)).save(tmp_path / "grey.png")
        np.testing.assert_allclose(read_picture(tmp_path / "grey.png"), [[(0,) * 3, (0.2,) * 3, (1,) * 3]])
        Image.fromarray(np.array([[True, False]])).save(tmp_path / "bits.png")
        np.testing.assert_array_equal(read_picture(tmp_path / "bits.png"), [[(1, 1, 1), (0, 0, 0)]])

    @pytest.mark.parametrize("name", ["a.png", "a.tiff"])
    def test_sixteen_bits_keep_their_fine_steps(self, tmp_path, name):
        values = np.array([[0, 1, 13107, 65535]], np.uint16)
        Image.fromarray(values).save(tmp_path / name)
        np.testing.assert_allclose(read_picture(tmp_path / name)[0, :, 1], values[0] / 65535)
        wide = np.tile(np.uint16([0, 65535]), (40, 20))
        Image.fromarray(wide).save(tmp_path / name)
        small = read_picture(tmp_path / name, max_side=4)
        assert small.shape == (4, 4, 3)
        np.testing.assert_allclose(small, 0.5, atol=0.06)

    def test_transparent_is_white(self, tmp_path):
        array = np.zeros((1, 3, 4), np.uint8)
        array[0, :, 3] = 0, 51, 255
        Image.fromarray(array).save(tmp_path / "a.png")
        np.testing.assert_allclose(read_picture(tmp_path / "a.png"), [[(1,) * 3, (0.8,) * 3, (0,) * 3]])

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_turned_photos_are_put_upright(self, tmp_path, orientation):
        # Exif 2.3, tag 0x0112: where the file's first row and first column lie in the scene
        ways = [lambda a: a, np.fliplr, lambda a: np.rot90(a, 2), np.flipud, lambda a: a.transpose(1, 0, 2), np.rot90]
        ways += [lambda a: np.rot90(a, 2).transpose(1, 0, 2), lambda a: np.rot90(a, -1)]
        exif = Image.Exif()
        exif[0x0112] = orientation
        stored = np.ascontiguousarray(ways[orientation - 1](NOISE))
        (tmp_path / "a.png").write_bytes(encoded(stored, "PNG", exif=exif))
        np.testing.assert_array_equal(read_picture(tmp_path / "a.png"), NOISE / 255)

    @pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
    def test_first_frame_of_an_animation(self, tmp_path, kind):
        frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "white")]
        lossless = {"lossless": True} if kind == "WEBP" else {}
        content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **lossless)
        (tmp_path / "a").write_bytes(content)
        np.testing.assert_array_equal(read_picture(tmp_path / "a"), np.broadcast_to((1.0, 0, 0), (8, 8, 3)))

    def test_max_side_shrinks_and_never_enlarges(self, tmp_path):
        Image.fromarray(REDDISH).resize((300, 90)).save(tmp_path / "a.png")
        assert read_picture(tmp_path / "a.png", max_side=100).shape == (30, 100, 3)
        assert read_picture(tmp_path / "a.png", max_side=4000).shape == (90, 300, 3)
        np.testing.assert_allclose(
            read_picture(tmp_path / "a.png", max_side=7), REDDISH[:2, :1] / 255 + np.zeros((2, 7, 3))
        )


class TestBroken:
    def test_missing_and_folder(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"nothing\.png: there is no such file"):
            read_picture(tmp_path / "nothing.png")
        with pytest.raises(ValueError, match="got a folder"):
            read_picture(tmp_path)
        with pytest.raises(ValueError, match="cannot be opened"):
            read_picture("x" * 5000)

    @pytest.mark.parametrize("place", [None, 3, b"a.png", ""])
    def test_no_path(self, place):
        with pytest.raises(TypeError, match="place: expected the path"):
            read_picture(place)

    @pytest.mark.parametrize(
        "content",
        [b"", b"hello", b"%PDF-1.7\n", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS-Adobe-3.0 EPSF\n"],
    )
    def test_no_picture(self, tmp_path, content):
        (tmp_path / "a.png").write_bytes(content)
        with pytest.raises(ValueError, match=r"a\.png: expected a picture \(PNG, JPEG,.*got something else"):
            read_picture(tmp_path / "a.png")

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
    def test_cut_off(self, tmp_path, kind):
        content = encoded(np.repeat(np.repeat(NOISE, 8, 0), 8, 1), kind)
        (tmp_path / "a").write_bytes(content[: len(content) // 2])
        with pytest.raises(ValueError, match=r"a: (this picture is damaged|expected a picture)"):
            read_picture(tmp_path / "a")

    @pytest.mark.parametrize(("width", "height"), [(9_500, 9_500), (100_000, 100_000), (80_000_001, 1)])
    def test_more_pixels_than_can_be_unpacked(self, tmp_path, width, height):
        (tmp_path / "a.png").write_bytes(png_of_size(width, height))
        with pytest.raises(ValueError, match="expected at most 80 million pixels, got more"):
            read_picture(tmp_path / "a.png", max_side=100)

    @pytest.mark.parametrize("dtype", [np.float32, np.int32])
    def test_numbers_without_a_white(self, tmp_path, dtype):
        Image.fromarray(np.full((3, 3), 100_000, dtype)).save(tmp_path / "a.tiff")
        with pytest.raises(ValueError, match="nobody knows what is white"):
            read_picture(tmp_path / "a.tiff")

    @given(
        kind=st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"]),
        places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6),
        kept=st.floats(0, 1),
    )
    def test_damage_gives_a_picture_or_one_sentence(self, tmp_path_factory, kind, places, kept):
        content = bytearray(encoded(NOISE, kind))
        for place, byte in places:
            content[int(place * (len(content) - 1))] = byte
        path = tmp_path_factory.getbasetemp() / "damaged"
        path.write_bytes(content[: int(len(content) * (1 if kept > 0.5 else 2 * kept))])
        message, picture = None, None
        try:
            picture = read_picture(path, max_side=64)
        except ValueError as error:
            message = str(error)
        assert picture is not None or message.startswith(f"{path}: ")
        if picture is not None:
            assert (picture.ndim, picture.shape[2]) == (3, 3)
            assert 0 <= picture.min() <= picture.max() <= 1


class Site(BaseHTTPRequestHandler):
    """A web site with one good page and several bad ones."""

    def do_GET(self):
        content = encoded(NOISE, "PNG")
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/good.png")
            self.end_headers()
            return
        self.send_response(404 if self.path == "/missing" else 200)
        if self.path in ("/good.png", "/cut"):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            if self.path == "/endless":
                while True:
                    self.wfile.write(bytes(10_000))
            elif self.path == "/slow":
                for byte in content[:200]:
                    self.wfile.write(bytes([byte]))
                    time.sleep(0.02)
            elif self.path == "/cut":
                self.wfile.write(content[:100])
            else:
                self.wfile.write(b"<html>" if self.path in ("/page", "/missing") else content)
        except OSError:  # the reader has had enough
            pass

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class TestAddress:
    @pytest.fixture(autouse=True)
    def _direct(self, monkeypatch):
        monkeypatch.setenv("no_proxy", "127.0.0.1")

    @pytest.mark.parametrize("page", ["/good.png", "/moved", "/without_length"])
    def test_fetched(self, site, page):
        np.testing.assert_array_equal(read_picture(site + page), NOISE / 255)

    @pytest.mark.parametrize(
        ("page", "error", "message"),
        [
            ("/missing", ConnectionError, "the server answers 404"),
            ("/page", ValueError, "got something else"),
            ("/cut", ConnectionError, "could not be fetched"),
        ],
    )
    def test_bad_answers(self, site, page, error, message):
        with pytest.raises(error, match=message):
            read_picture(site + page)

    def test_too_large(self, site, monkeypatch):
        monkeypatch.setattr(files, "MAX_BYTES", 100_000)
        with pytest.raises(ValueError, match=r"expected at most 0\.1 MB, got more"):
            read_picture(f"{site}/endless")

    def test_too_slow(self, site, monkeypatch):
        monkeypatch.setattr(files, "SECONDS", 0.2)
        with pytest.raises(ConnectionError, match=r"within 0\.2 seconds; it takes longer"):
            read_picture(f"{site}/slow")

    def test_nobody_there(self):
        with pytest.raises(ConnectionError, match="could not be fetched"):
            read_picture("http://127.0.0.1:9/a.png")
        with pytest.raises(ConnectionError, match="could not be fetched"):
            read_picture("http://")


class TestWriting:
    def test_there_and_back(self, tmp_path):
        write_picture(tmp_path / "a.png", NOISE / 255, about={"command": "dream …", "layer": "3b"})
        np.testing.assert_array_equal(read_picture(tmp_path / "a.png"), NOISE / 255)
        assert Image.open(tmp_path / "a.png").text == {"command": "dream …", "layer": "3b"}
        write_picture(tmp_path / "a.JPEG", REDDISH / 255, about={"layer": "3b", "seed": 0})
        np.testing.assert_allclose(read_picture(tmp_path / "a.JPEG"), REDDISH / 255, atol=0.02)
        assert Image.open(tmp_path / "a.JPEG").info["comment"] == b"layer: 3b\nseed: 0"
        assert sorted(os.listdir(tmp_path)) == ["a.JPEG", "a.png"]

    def test_an_existing_file_is_kept_unless_forced(self, tmp_path):
        path = tmp_path / "a.png"
        path.write_text("precious")
        for write in (lambda: check_writable(path), lambda: write_picture(path, NOISE / 255)):
            with pytest.raises(FileExistsError, match="exists already"):
                write()
        assert path.read_text() == "precious"
        assert check_writable(path, force=True) == path
        assert path.read_text() == "precious"
        write_picture(path, NOISE / 255, force=True)
        np.testing.assert_array_equal(read_picture(path), NOISE / 255)

    @pytest.mark.parametrize(
        ("name", "error", "message"),
        [
            ("a.gif", ValueError, r"expected a name that ends in \.png, \.jpg, \.jpeg"),
            ("a", ValueError, "expected a name that ends in"),
            ("no/folder/a.png", FileNotFoundError, "there is no folder"),
            ("folder.png", ValueError, "got a folder"),
            ("x" * 300 + ".png", OSError, "cannot be written"),
        ],
    )
    def test_bad_places_and_nothing_left(self, tmp_path, name, error, message):
        (tmp_path / "folder.png").mkdir()
        with pytest.raises(error, match=message):
            write_picture(tmp_path / name, NOISE / 255)
        assert os.listdir(tmp_path) == ["folder.png"]

    def test_a_folder_that_takes_no_files(self):
        place = "/proc/a.png" if os.path.isdir("/proc") else "/dev/a.png"
        with pytest.raises(OSError, match="cannot be written"):
            check_writable(place)

    @pytest.mark.parametrize(
        "picture", [NOISE, NOISE[..., 0] / 255, np.zeros((0, 4, 3)), np.full((2, 2, 3), np.nan), "x"]
    )
    def test_no_picture_nothing_written(self, tmp_path, picture):
        with pytest.raises((ValueError, TypeError), match="picture: expected"):
            write_picture(tmp_path / "a.png", picture)
        assert os.listdir(tmp_path) == []
