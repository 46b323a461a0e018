"""Learning without labels (无监督学习): what a model can find in data that nobody has described.

=====================  =======================================================  =========================
estimator              the code of a sample                                     back to the sample
=====================  =======================================================  =========================
Autoencoder            what the encoder, a network, says                        the decoder, a network
StackedAutoencoder     the same; the layers were trained one after the other    the same
SparseAutoencoder      h = Wᵀ x, with a price λ Σ |h_j|                         W h, with the same W
SparseCoding           the a with the least ‖x − Σ_j a_j φ_j‖² + λ Σ |a_j|      Σ_j a_j φ_j
RBM                    P(h_j = 1 | v), of a joint probability e^−E(v, h) / Z    P(v_i = 1 | h)
DBN                    the same for the top layer of a stack of RBMs            down through the layers
=====================  =======================================================  =========================

All have scikit-learn's interface, ``fit``, ``transform`` and ``inverse_transform``, with samples as rows::

    from course_pkg.unsupervised import Autoencoder, reconstruction_error

    model = Autoencoder(hidden=(32, 2), epochs=50).fit(x_train)
    codes = model.transform(x_test)
    reconstruction_error(model, x_test)
"""

from course_pkg.unsupervised.autoencoders import (
    Autoencoder,
    SparseAutoencoder,
    SparseNet,
    Sparsity,
    StackedAutoencoder,
    TiedReconstruction,
    corrupt,
    reconstruction_error,
)
from course_pkg.unsupervised.dbn import DBN
from course_pkg.unsupervised.enumeration import binary_states
from course_pkg.unsupervised.rbm import RBM, Gradient
from course_pkg.unsupervised.sparse_coding import SparseCoding, lasso

__all__ = [
    "DBN",
    "RBM",
    "Autoencoder",
    "Gradient",
    "SparseAutoencoder",
    "SparseCoding",
    "SparseNet",
    "Sparsity",
    "StackedAutoencoder",
    "TiedReconstruction",
    "binary_states",
    "corrupt",
    "lasso",
    "reconstruction_error",
]
