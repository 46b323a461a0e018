"""Interactive pictures for the lectures; each is a thin face on a plain function that is tested without a browser.

==============  =========================================================  ==========================
Activations     an activation function, its derivative and a tangent       ``course_pkg.nn``
Descent         gradient descent on a surface                              ``course_pkg.surfaces``
Backprop222     the 2-2-2 network, forward and backward, step by step      ``course_pkg.backprop``
ConvStepper     a kernel slides over an image                              ``course_pkg.nn``
OptimiserRace   seven optimisers on a surface                              ``course_pkg.surfaces``
NetworkView     a torch module: its layers, shapes and numbers             ``course_pkg.models``
ChannelBrowser  what each channel of a network responds to                 ``course_pkg.vision``
PictureKnobs    a picture made anew when a knob is moved                   any function
WordVectors     word2vec on a few pairs, number by number                  ``course_pkg.words``
==============  =========================================================  ==========================

A widget shows itself as the last expression of a cell and leaves a static figure for readers without a kernel;
``static_figure()`` returns that figure.
"""

from course_pkg.widgets.activations import Activations
from course_pkg.widgets.backprop222 import Backprop222
from course_pkg.widgets.channel_browser import ChannelBrowser
from course_pkg.widgets.conv_stepper import ConvStepper
from course_pkg.widgets.descent import Descent
from course_pkg.widgets.network_view import NetworkView
from course_pkg.widgets.optimiser_race import OptimiserRace
from course_pkg.widgets.picture_knobs import PictureKnobs
from course_pkg.widgets.word_vectors import WordVectors

__all__ = [
    "Activations",
    "Backprop222",
    "ChannelBrowser",
    "ConvStepper",
    "Descent",
    "NetworkView",
    "OptimiserRace",
    "PictureKnobs",
    "WordVectors",
]
