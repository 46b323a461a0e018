"""Which fields Caffe's messages have: the part of its caffe.proto that this package understands, names and defaults.

A field that stands here is obeyed, except those that only say where data lie on a disk or which hardware computes
(``source``, ``backend``, ``engine``, ``solver_mode`` …): they may stand in a text and change nothing here.
Source: src/caffe/proto/caffe.proto of Caffe 1.0 (Jia et al., 2014; BSD licence).
"""

from course_pkg.caffe.format import Field, Schema

_PHASE = ("TRAIN", "TEST")
_ENGINE = Field(("DEFAULT", "CAFFE", "CUDNN"), "DEFAULT")


def _many(kind):
    return Field(kind, repeated=True)


SHAPE = Schema("BlobShape", {"dim": _many("uint")})

FILLER = Schema(
    "FillerParameter",
    {
        "type": Field("string", "constant"),
        "value": Field("float", 0.0),
        "min": Field("float", 0.0),
        "max": Field("float", 1.0),
        "mean": Field("float", 0.0),
        "std": Field("float", 1.0),
        "sparse": Field("int", -1),
        "variance_norm": Field(("FAN_IN", "FAN_OUT", "AVERAGE"), "FAN_IN"),
    },
)

STATE = Schema("NetState", {"phase": Field(_PHASE), "level": Field("int", 0), "stage": _many("string")})

RULE = Schema(
    "NetStateRule",
    {
        "phase": Field(_PHASE),
        "min_level": Field("int"),
        "max_level": Field("int"),
        "stage": _many("string"),
        "not_stage": _many("string"),
    },
)

PARAM = Schema(
    "ParamSpec", {"name": Field("string", ""), "lr_mult": Field("float", 1.0), "decay_mult": Field("float", 1.0)}
)

TRANSFORM = Schema(
    "TransformationParameter",
    {
        "scale": Field("float", 1.0),
        "mirror": Field("bool", False),
        "crop_size": Field("uint", 0),
        "mean_value": _many("float"),
    },
)

# What a layer of one type may be told: the name of the field in a layer, and its message.
PARAMETERS = {
    "accuracy_param": Schema("AccuracyParameter", {"top_k": Field("uint", 1)}),
    "batch_norm_param": Schema(
        "BatchNormParameter",
        {
            "use_global_stats": Field("bool"),
            "moving_average_fraction": Field("float", 0.999),
            "eps": Field("float", 1e-5),
        },
    ),
    "concat_param": Schema("ConcatParameter", {"axis": Field("int", 1)}),
    "convolution_param": Schema(
        "ConvolutionParameter",
        {
            "num_output": Field("uint"),
            "bias_term": Field("bool", True),
            "pad": _many("uint"),
            "kernel_size": _many("uint"),
            "stride": _many("uint"),
            "dilation": _many("uint"),
            "pad_h": Field("uint", 0),
            "pad_w": Field("uint", 0),
            "kernel_h": Field("uint"),
            "kernel_w": Field("uint"),
            "stride_h": Field("uint", 1),
            "stride_w": Field("uint", 1),
            "group": Field("uint", 1),
            "weight_filler": Field(FILLER),
            "bias_filler": Field(FILLER),
            "engine": _ENGINE,
        },
    ),
    "data_param": Schema(
        "DataParameter",
        {
            "source": Field("string"),
            "batch_size": Field("uint"),
            "backend": Field(("LEVELDB", "LMDB"), "LEVELDB"),
            "prefetch": Field("uint", 4),
        },
    ),
    "dropout_param": Schema("DropoutParameter", {"dropout_ratio": Field("float", 0.5)}),
    "eltwise_param": Schema(
        "EltwiseParameter", {"operation": Field(("PROD", "SUM", "MAX"), "SUM"), "coeff": _many("float")}
    ),
    "inner_product_param": Schema(
        "InnerProductParameter",
        {
            "num_output": Field("uint"),
            "bias_term": Field("bool", True),
            "weight_filler": Field(FILLER),
            "bias_filler": Field(FILLER),
        },
    ),
    "input_param": Schema("InputParameter", {"shape": _many(SHAPE)}),
    "lrn_param": Schema(
        "LRNParameter",
        {
            "local_size": Field("uint", 5),
            "alpha": Field("float", 1.0),
            "beta": Field("float", 0.75),
            "k": Field("float", 1.0),
            "norm_region": Field(("ACROSS_CHANNELS",), "ACROSS_CHANNELS"),
            "engine": _ENGINE,
        },
    ),
    "memory_data_param": Schema(
        "MemoryDataParameter",
        {
            "batch_size": Field("uint"),
            "channels": Field("uint"),
            "height": Field("uint"),
            "width": Field("uint"),
        },
    ),
    "pooling_param": Schema(
        "PoolingParameter",
        {
            "pool": Field(("MAX", "AVE"), "MAX"),
            "pad": Field("uint", 0),
            "kernel_size": Field("uint"),
            "stride": Field("uint", 1),
            "pad_h": Field("uint", 0),
            "pad_w": Field("uint", 0),
            "kernel_h": Field("uint"),
            "kernel_w": Field("uint"),
            "stride_h": Field("uint", 1),
            "stride_w": Field("uint", 1),
            "global_pooling": Field("bool", False),
            "engine": _ENGINE,
        },
    ),
    "scale_param": Schema(
        "ScaleParameter",
        {"bias_term": Field("bool", False), "filler": Field(FILLER), "bias_filler": Field(FILLER)},
    ),
    "slice_param": Schema("SliceParameter", {"axis": Field("int", 1), "slice_point": _many("uint")}),
    "softmax_param": Schema("SoftmaxParameter", {"axis": Field("int", 1), "engine": _ENGINE}),
}

LAYER = Schema(
    "LayerParameter",
    {
        "name": Field("string", ""),
        "type": Field("string"),
        "bottom": _many("string"),
        "top": _many("string"),
        "loss_weight": _many("float"),
        "param": _many(PARAM),
        "propagate_down": _many("bool"),
        "include": _many(RULE),
        "exclude": _many(RULE),
        "transform_param": Field(TRANSFORM),
        **{name: Field(schema) for name, schema in PARAMETERS.items()},
    },
)

NET = Schema(
    "NetParameter",
    {
        "name": Field("string", ""),
        "input": _many("string"),
        "input_shape": _many(SHAPE),
        "input_dim": _many("uint"),
        "force_backward": Field("bool", False),
        "layer": _many(LAYER),
    },
)

SOLVER = Schema(
    "SolverParameter",
    {
        "net": Field("string"),
        "net_param": Field(NET),
        "train_state": Field(STATE),
        "test_state": _many(STATE),
        "test_iter": _many("uint"),
        "test_interval": Field("uint", 0),
        "test_initialization": Field("bool", True),
        "base_lr": Field("float"),
        "lr_policy": Field("string"),
        "gamma": Field("float"),
        "power": Field("float"),
        "stepsize": Field("uint"),
        "stepvalue": _many("uint"),
        "max_iter": Field("uint"),
        "iter_size": Field("uint", 1),
        "momentum": Field("float", 0.0),
        "weight_decay": Field("float", 0.0),
        "regularization_type": Field("string", "L2"),
        "clip_gradients": Field("float", -1.0),
        "snapshot": Field("uint", 0),
        "snapshot_prefix": Field("string"),
        "snapshot_after_train": Field("bool", True),
        "random_seed": Field("int", -1),
        "type": Field("string", "SGD"),
        "display": Field("uint", 0),
        "test_compute_loss": Field("bool", False),
        "solver_mode": Field(("CPU", "GPU"), "GPU"),
        "device_id": Field("int", 0),
    },
)
