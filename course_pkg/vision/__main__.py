"""Dreams and styles for people who only want a picture: ``python -m course_pkg.vision --help``."""

import argparse
import json
import math
import sys
from os.path import basename

from course_pkg import data
from course_pkg.vision import files

SMALLEST = 32  # pixels in height and width; with fewer the networks have nothing to look at
LAYERS = {"small": ["relu5a"], "googlenet": ["inception4c"], "vgg19": ["conv4_3"]}  # where there is no --layer
LARGE = 1024  # pixels; larger pictures are dreamt in tiles

PICTURES = """\
Wherever a picture is asked for you may give a file (PNG, JPEG, WebP, GIF, TIFF, BMP), a web address, or the name
of a picture that comes with the course: photo:NAME or texture:NAME, such as photo:china or texture:labyrinth.
"python -m course_pkg.vision list pictures" prints all names.
"""
ABOUT = f"""\
Let a neural network change a picture. Two ways:

  dream   the network strengthens whatever it sees in the picture, as one sees animals in clouds
  style   a photo is painted anew in the manner of another picture

  python -m course_pkg.vision dream photo:china dream.png
  python -m course_pkg.vision style photo:cat texture:labyrinth cat.png

{PICTURES}
Both show how far they are. Ctrl-C ends the work early and keeps the picture so far."""
DREAM = f"""\
A network has learned to tell pictures apart. In layers, one after the other, it looks for lines, then patterns,
then things. Here it may change the picture, step by step, so that one of its layers sees more of what it sees
already.

{PICTURES}
Examples:
  python -m course_pkg.vision dream holiday.jpg dream.png
  python -m course_pkg.vision dream holiday.jpg dream.png --strength 8 --steps 20
  python -m course_pkg.vision dream holiday.jpg dream.png --layer mixed3b --guide texture:flowers
  python -m course_pkg.vision list layers"""
STYLE = f"""\
The result shows the things of the first picture in the colours, strokes and patterns of the other ones. It is
found by trial: a picture is changed, step by step, until a network sees in it the content of the one and the
style of the other.

{PICTURES}
Examples:
  python -m course_pkg.vision style cat.jpg painting.jpg result.png
  python -m course_pkg.vision style cat.jpg painting.jpg result.png --style-weight 30 --keep-colours
  python -m course_pkg.vision style cat.jpg texture:scales texture:marble result.png --mix 2 1"""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message):
        """End the program with exit code 2 and one line on stderr."""
        self.exit(2, f"{self.prog}: {' '.join(message.split())} (--help explains)\n")


def _parsers():
    """Return the main parser and the parsers of the commands, by name."""
    form = {"formatter_class": argparse.RawDescriptionHelpFormatter}
    main = Parser("python -m course_pkg.vision", description=ABOUT, **form)
    commands = main.add_subparsers(title="commands", required=True, metavar="dream | style | list", parser_class=Parser)
    dream = commands.add_parser("dream", help="let a network dream about a picture", description=DREAM, **form)
    style = commands.add_parser("style", help="paint a photo in the style of a picture", description=STYLE, **form)
    names = commands.add_parser("list", help="print the names of layers, classes or pictures")
    dream.set_defaults(run=_dream)
    style.set_defaults(run=_style)
    names.set_defaults(run=_list)

    dream.add_argument("picture", metavar="IN", help="the picture to dream about")
    style.add_argument("picture", metavar="CONTENT", help="the picture whose things are to be seen")
    style.add_argument("styles", metavar="STYLE", nargs="+", help="the picture, or pictures, to paint like")
    names.add_argument("what", choices=("layers", "classes", "pictures"))
    for parser in (dream, style):
        parser.add_argument("out", metavar="OUT", help="the file to write, .png or .jpg")
        parser.add_argument("--size", type=int, default=512, help="longest side in pixels, at most (%(default)s)")
        parser.add_argument("--seed", type=int, default=0, help="another number, another picture of the same kind")
        parser.add_argument("--force", action="store_true", help="replace OUT if it is there already")
    for parser in (dream, style, names):
        parser.add_argument(
            "--network",
            choices=("small", "googlenet", "vgg19"),
            default="small",
            help="which network looks: the course's small one (%(default)s), or one that knows a thousand things and "
            "is fetched from the web the first time, 50 MB (googlenet) or 575 MB (vgg19)",
        )
        parser.add_argument("--random", action="store_true", help="a network that has learned nothing, to compare with")

    goal = dream.add_mutually_exclusive_group()
    goal.add_argument(
        "--layer",
        action="append",
        metavar="NAME[:CHANNEL]",
        help="the layer that is to see more, or one of its channels; several --layer add up",
    )
    goal.add_argument("--class", dest="target", metavar="NAME", help="in place of a layer: a class to dream of")
    dream.add_argument("--guide", metavar="PICTURE", help="dream of what is in this other picture")
    dream.add_argument("--steps", type=int, default=10, help="steps at each size (%(default)s)")
    dream.add_argument("--strength", type=float, default=4.0, help="how far a step goes (%(default)s)")
    dream.add_argument("--octaves", type=int, help="sizes, from coarse to fine (4, or as many as fit)")
    dream.add_argument("--scale", type=float, default=1.4, help="how much larger each size is (%(default)s)")
    dream.add_argument("--tile", type=int, help=f"work in tiles of so many pixels (512 above {LARGE} pixels)")

    style.add_argument("--content-layer", action="append", metavar="NAME", help="where the content is compared")
    style.add_argument("--style-layer", action="append", metavar="NAME", help="where the style is compared; may repeat")
    style.add_argument("--steps", type=int, default=100, help="how often the picture is improved (%(default)s)")
    style.add_argument("--style-weight", type=float, default=10.0, help="more: more style, less photo (%(default)s)")
    style.add_argument("--style-scale", type=float, default=1.0, help="less: finer patterns (%(default)s)")
    style.add_argument("--mix", type=float, nargs="+", metavar="SHARE", help="how much each STYLE counts (all alike)")
    style.add_argument("--keep-colours", action="store_true", help="keep the photo's colours")
    style.add_argument(
        "--start", choices=("content", "random"), default="content", help="from the photo, or from noise"
    )
    return main, commands.choices


def main(argv=None):
    """Run the command in ``argv`` and return the exit code: 0, 2 for what cannot be done, 130 after Ctrl-C."""
    argv = sys.argv[1:] if argv is None else list(argv)
    parser, commands = _parsers()
    if argv and argv[0] in commands:
        parser = commands[argv[0]]
        args = parser.parse_intermixed_args(argv[1:])  # options may stand between and after the pictures
    else:
        args = parser.parse_args(argv)
    try:
        return args.run(args)
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted before there was a picture. Nothing was written.\n")
        return 130
    except MemoryError:
        parser.error("there is not enough memory: choose a smaller --size")
    except (ValueError, TypeError, OSError) as error:
        parser.error(str(error))
    except RuntimeError as error:  # so torch says that there is no memory
        if "memory" not in str(error):
            raise
        parser.error("there is not enough memory: choose a smaller --size")


def _dream(args):
    from course_pkg.vision.deepdream import dream

    def work(network, picture):
        layers, target = None, args.target
        if target is None:
            layers = [_channel(name, network) for name in args.layer or LAYERS[args.network]]
        elif target.isdecimal():
            target = int(target)
        elif target not in (network.classes or ()):
            raise ValueError(f"--class: there is no class {target!r}; 'list classes' prints the names")
        fit = 1 + math.floor(math.log(min(picture.shape[:2]) / SMALLEST, max(args.scale, 1.01)))
        return dream(
            network,
            picture,
            layers,
            target=target,
            guide=None if args.guide is None else _read(args.guide, args.size, args.seed),
            steps=args.steps,
            step=args.strength / 255,
            octaves=min(4, fit) if args.octaves is None else args.octaves,
            scale=args.scale,
            tile=512 if args.tile is None and max(picture.shape) > LARGE else args.tile,
            seed=args.seed,
        )

    return _make(args, work)


def _style(args):
    from course_pkg.vision.style import stylise

    def work(network, picture):
        return stylise(
            network,
            picture,
            [_read(place, args.size, args.seed) for place in args.styles],
            content_layers=args.content_layer and [_layer(name, network) for name in args.content_layer],
            style_layers=args.style_layer and [_layer(name, network) for name in args.style_layer],
            style_weight=args.style_weight,
            style_scale=args.style_scale,
            mix=args.mix,
            colour="luminance" if args.keep_colours else "style",
            start=args.start,
            steps=args.steps,
            seed=args.seed,
        )

    return _make(args, work)


def _make(args, work):
    """Read, compute, write; return the exit code."""
    out = files.check_writable(args.out, force=args.force)
    picture = _read(args.picture, args.size, args.seed)
    made = work(_network(args), picture)
    settings = {name: value for name, value in vars(args).items() if name not in ("run", "out", "force")}
    for name in settings.keys() & {"picture", "styles", "guide"}:  # whoever gets the picture need not know the folders
        value = settings[name]
        settings[name] = [basename(place) for place in value] if isinstance(value, list) else value and basename(value)
    about = {"Software": "course_pkg.vision", "Description": made.caption, "Settings": json.dumps(settings)}
    files.write_picture(out, made.picture, force=args.force, about=about)
    height, width = made.picture.shape[:2]
    end = "" if made.finished else " Interrupted: this is the picture so far."
    sys.stdout.write(f"{out}: {width}×{height} pixels. {made.caption}.{end}\n")
    return 0 if made.finished else 130


def _network(args):
    from course_pkg.device import best
    from course_pkg.vision.network import best_precision, load

    # The small network is quick either way, and so makes the same picture on all processors.
    precision = "float32" if args.network == "small" else best_precision(best())
    return load(args.network, random=args.random, precision=precision)


def _layer(name, network):
    if name not in network.layers:
        raise ValueError(f"there is no layer {name!r} in this network; 'list layers' prints the names")
    return name


def _channel(name, network):
    """Return a layer as ``dream`` takes it: "mixed4a" as it is, "mixed4a:7" as a pair of name and channel."""
    name, colon, channel = name.partition(":")
    if colon and not channel.isdecimal():
        raise ValueError(f"--layer: expected a name or NAME:NUMBER, got {name}:{channel}")
    return (_layer(name, network), int(channel)) if colon else _layer(name, network)


def _read(place, size, seed):
    """Return the picture with this name, file or address, its longer side at most ``size``."""
    source, colon, name = place.partition(":")
    if colon and source == "photo" and name in data.PHOTOS:
        picture = data.photo(name)
        share = size / max(picture.shape)
        if share < 1:
            from skimage.transform import resize

            picture = resize(picture, [max(1, round(side * share)) for side in picture.shape[:2]], anti_aliasing=True)
    elif colon and source == "texture" and name in data.TEXTURES:
        picture = data.texture(name, size=max(SMALLEST, min(size, 512)), seed=seed)
    elif colon and source in ("photo", "texture"):
        raise ValueError(f"{place}: there is no such picture; 'list pictures' prints the names")
    else:
        picture = files.read_picture(place, max_side=size)
    height, width = picture.shape[:2]
    if min(height, width) < SMALLEST:
        raise ValueError(f"{place}: expected at least {SMALLEST} pixels in height and width, got {width}×{height}")
    return picture


def _list(args):
    if args.what == "pictures":
        lines = [f"photo:{name:22} {what}" for name, (_, what) in data.PHOTOS.items()]
        lines += [f"texture:{name}" for name in data.TEXTURES]
    elif args.what == "layers":
        layers = _network(args).layers.items()
        lines = [f"{name:22} {channels} channels" for name, channels in layers if "." not in name]  # whole modules
    else:
        lines = list(_network(args).classes or ["This network does not name its classes: give a number."])
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
