"""Companion package of the course *Deep learning from zero* (从零开始的深度学习).

Each room can be read alone. Lower rooms never import higher ones::

    nn, backprop                      layers and worked examples, from scratch
    data, show                        data that ships; figures with alternative text
    caffe, graph, models, surfaces    frameworks, architectures, surfaces to walk down on
    unsupervised, vision, words       learning without labels, images, words as vectors
    recommend                         what somebody may like, from what others liked
    widgets, checks, device, grading  interactive faces; problem sets and their grading; GPU check

Importing the package imports nothing else; import the room that you want: ``from course_pkg import nn``.
"""

__version__ = "0.1.0"
