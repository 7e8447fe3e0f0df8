"""Initial values by name, a part of the streams: initializers, and layers as they are built."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

WEIGHT, KERNEL = (300, 784), (8, 3, 3, 3)

Draw = Callable[..., Any]
Table = dict[str, Draw]


def initial(name: str, *size: int, **options: Any) -> Table:
    """One of `nn.init`, named as it is called."""
    shown = {k: f"{v:.5g}" if isinstance(v, float) else v for k, v in options.items()}
    label = "".join(f", {key}={value}" for key, value in shown.items())
    return {
        f"nn.init.{name} of {size}{label}": lambda T: getattr(T.nn.init, name)(
            T.empty(*size), **options
        )
    }


INITIAL: Table = {
    **initial("uniform_", *WEIGHT, a=-0.3, b=0.7),
    **initial("normal_", *WEIGHT, mean=0.1, std=0.02),
    **initial("constant_", 3, 4, val=0.3),
    **initial("ones_", 3, 4),
    **initial("zeros_", 3, 4),
    **initial("eye_", 3, 4),
    **initial("dirac_", 6, 3, 5, groups=2),
    **initial("xavier_uniform_", *WEIGHT),
    **initial("xavier_uniform_", *KERNEL, gain=2.5),
    **initial("xavier_normal_", *WEIGHT),
    **initial("kaiming_uniform_", *WEIGHT),
    **initial("kaiming_uniform_", *WEIGHT, a=math.sqrt(5)),
    **initial("kaiming_uniform_", *KERNEL, mode="fan_out", nonlinearity="relu"),
    **initial("kaiming_normal_", *WEIGHT),
    **initial("kaiming_normal_", *KERNEL, mode="fan_out", nonlinearity="relu"),
    **initial("trunc_normal_", 300, 64),
    **initial("trunc_normal_", 300, 64, std=0.02, a=-0.04, b=0.04),
    **initial("trunc_normal_", 300, 64, a=2.0, b=3.0),
    **initial("sparse_", 31, 7, sparsity=0.2),
    **initial("orthogonal_", 30, 20),
    **initial("orthogonal_", 20, 30),
    **initial("orthogonal_", *KERNEL),
}


def given(arguments: Any, names: str) -> dict[str, Any]:
    """The same arguments for several layers."""
    return dict.fromkeys(names.split(), arguments)


def in_dimensions(names: str) -> str:
    """Names of layers for 1, 2 and 3 dimensions."""
    return " ".join(f"{name}{n}d" for name in names.split() for n in (1, 2, 3))


ATTENDING = (8, 2, 16, 0.1, "relu", 1e-5, True)  # batches first, or torch warns


def transforming(name: str) -> Draw:
    """Two small layers of an encoder or a decoder."""
    return lambda T: getattr(T.nn, name)(getattr(T.nn, f"{name}Layer")(*ATTENDING), 2)


LAYERS: dict[str, Any] = {
    "Linear": (784, 300),
    "Conv2d": (3, 8, 3),
    "Embedding": (100, 33),
    **given((6,), in_dimensions("BatchNorm InstanceNorm")),
    "LayerNorm": ((4, 5),),
    "Bilinear": (5, 4, 3),
    **given((4, 6, 3), in_dimensions("Conv ConvTranspose").replace("Conv2d ", "")),
    "EmbeddingBag": (40, 9),
    **given((7, 5), "RNN LSTM GRU RNNCell LSTMCell GRUCell"),
    "RNNBase": ("GRU", 7, 5),
    "RNNCellBase": (7, 5, True, 4),
    "MultiheadAttention": (12, 3),
    "AdaptiveLogSoftmaxWithLoss": (8, 20, [4, 9]),
    "LinearCrossEntropyLoss": (7, 5),
    **given(ATTENDING, "TransformerEncoderLayer TransformerDecoderLayer"),
    "TransformerEncoder": transforming("TransformerEncoder"),
    "TransformerDecoder": transforming("TransformerDecoder"),
    "Transformer": lambda T: T.nn.Transformer(8, 2, 1, 2, 16, batch_first=True),
    **given((2, 6), "GroupNorm"),
    **given((6,), "RMSNorm SyncBatchNorm LazyLinear"),
    **given((6, 3), in_dimensions("LazyConv LazyConvTranspose")),
    **given((1,), "Softmax LogSoftmax"),
    **given((2, 0.5), in_dimensions("ConstantPad") + " Threshold"),
    **given((2, 3), in_dimensions("LPPool") + " FractionalMaxPool2d FractionalMaxPool3d"),
    **given((2,), in_dimensions("AvgPool MaxPool AdaptiveAvgPool AdaptiveMaxPool MaxUnpool")),
    **given((2,), in_dimensions("CircularPad ReflectionPad ReplicationPad ZeroPad")),
    **given((2,), "ChannelShuffle PixelShuffle PixelUnshuffle CrossMapLRN2d LocalResponseNorm"),
    **given((2,), "Unfold"),
    "Fold": ((4, 4), 2),
    "Unflatten": (1, (2, 2)),
    **given((), in_dimensions("LazyBatchNorm LazyInstanceNorm Dropout")),
    **given(
        (),
        "AlphaDropout Dropout FeatureAlphaDropout Flatten Identity CELU ELU GELU GLU Hardshrink "
        "Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid Mish PReLU RReLU ReLU ReLU6 SELU SiLU "
        "Sigmoid Softmax2d Softmin Softplus Softshrink Softsign Tanh Tanhshrink "
        "BCELoss BCEWithLogitsLoss CTCLoss CosineEmbeddingLoss CrossEntropyLoss GaussianNLLLoss "
        "HingeEmbeddingLoss HuberLoss KLDivLoss L1Loss MSELoss MarginRankingLoss "
        "MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss NLLLoss PoissonNLLLoss "
        "SmoothL1Loss SoftMarginLoss TripletMarginLoss TripletMarginWithDistanceLoss "
        "CosineSimilarity PairwiseDistance Upsample UpsamplingBilinear2d UpsamplingNearest2d "
        "Module ModuleDict ModuleList ParameterDict ParameterList Sequential",
    ),
}
"""Every layer class of `minitorch.nn` with what it is built from: arguments, or a function of T."""

DRAWING = (
    "Linear Conv2d Embedding BatchNorm1d BatchNorm2d LayerNorm Bilinear Conv1d Conv3d "
    f"{in_dimensions('ConvTranspose')} EmbeddingBag RNN LSTM GRU RNNCell LSTMCell GRUCell RNNBase "
    "RNNCellBase MultiheadAttention AdaptiveLogSoftmaxWithLoss LinearCrossEntropyLoss "
    "TransformerEncoderLayer TransformerDecoderLayer TransformerEncoder TransformerDecoder "
    "Transformer"
).split()
"""Those whose initial values are compared one by one: all that draw, and a few that do not."""


def build(T: Any, name: str) -> Any:
    """A layer of `LAYERS`."""
    how = LAYERS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the weight of a lazy layer is empty
        return how(T) if callable(how) else getattr(T.nn, name)(*how)


def values(layer: Any) -> list:
    return list(layer.state_dict().values())


def lazily(T: Any, name: str, *sample: int) -> list:
    """The values of a layer that knows its sizes when it sees a batch of two."""
    layer = build(T, name)
    layer(T.zeros(2, *sample))
    return values(layer)


def model_and_mask(T: Any) -> list:
    layers = T.nn.Linear(784, 64), T.nn.Dropout(), T.nn.Linear(64, 10)
    return [*values(T.nn.Sequential(*layers)), layers[1](T.ones(32, 64))]


BUILT: Table = {
    **{f"nn.{name}": lambda T, name=name: values(build(T, name)) for name in DRAWING},
    "nn.LazyLinear": lambda T: lazily(T, "LazyLinear", 4),
    **{
        f"nn.{name}{n}d": lambda T, name=name, n=n: lazily(T, f"{name}{n}d", 3, *[5] * n)
        for name in ("LazyConv", "LazyConvTranspose")
        for n in (1, 2, 3)
    },
    "nn.RNN of two layers": lambda T: values(T.nn.RNN(7, 5, 2, nonlinearity="relu")),
    "nn.LSTM both ways": lambda T: values(T.nn.LSTM(7, 5, 2, bidirectional=True, proj_size=3)),
    "nn.MultiheadAttention(kdim=5, vdim=7)": lambda T: values(
        T.nn.MultiheadAttention(12, 3, kdim=5, vdim=7, add_bias_kv=True)
    ),
    "nn.Linear(bias=False)": lambda T: values(T.nn.Linear(7, 5, bias=False)),
    "nn.Linear(dtype=float64)": lambda T: values(T.nn.Linear(20, 10, dtype=T.float64)),
    "nn.Conv2d(groups=2)": lambda T: values(T.nn.Conv2d(4, 8, (3, 5), groups=2)),
    "nn.Embedding(padding_idx=2)": lambda T: values(T.nn.Embedding(100, 33, padding_idx=2)),
    "one of each layer, in order": lambda T: [
        x for name in LAYERS if not name.startswith("Lazy") for x in values(build(T, name))
    ],
    "a model, then a dropout mask": model_and_mask,
}
