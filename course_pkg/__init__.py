"""Companion package of the course *Deep learning from zero* (从零开始的深度学习).

Each room can be read alone. Lower rooms never import higher ones::

    nn, graph, backprop, surfaces, models    what the lectures teach, from scratch
    data                                     digits, photos and generated sets, without a network
    show, widgets                            figures and interactive faces for it
    checks                                   how the problem sets speak to students

Importing the package imports nothing else; import the room that you want: ``from course_pkg import nn``.
"""

__version__ = "0.1.0"
