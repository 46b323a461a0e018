"""Caffe's way of saying a network: as text. The layer school of :mod:`course_pkg.nn`, driven by prototxt files.

::

    from course_pkg import caffe

    net = caffe.Net(caffe.published("lenet_train_test"), phase="TRAIN", data={"data": images, "label": labels})
    net.forward()                       # {"loss": 2.31}
    net.backward()
    net.blobs["conv1"].data, net.params["conv1.weight"].diff

    solver = caffe.Solver(caffe.published("lenet_solver"), data=…, test_data=…)
    solver.solve()

Read it in this order: ``format`` (the text and its errors), ``schema`` (which fields there are), ``layers`` (what each
type becomes), ``net`` (blobs by name), ``solver``. The published files in ``prototxt/`` are Caffe's, under its licence.
Source: Jia, Shelhamer, Donahue, Karayev, Long, Girshick, Guadarrama & Darrell, Caffe, 2014.
"""

from course_pkg.caffe import schema
from course_pkg.caffe.drawing import draw
from course_pkg.caffe.format import Message, PrototxtError, parse, to_text
from course_pkg.caffe.net import Net
from course_pkg.caffe.published import PUBLISHED, published
from course_pkg.caffe.solver import History, Solver, learning_rate

__all__ = [
    "PUBLISHED",
    "History",
    "Message",
    "Net",
    "PrototxtError",
    "Solver",
    "draw",
    "learning_rate",
    "parse",
    "published",
    "schema",
    "to_text",
]
