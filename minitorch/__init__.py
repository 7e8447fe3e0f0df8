"""minitorch: PyTorch's interface on an autograd engine you can read.

>>> import minitorch as torch
>>> w = torch.tensor([1.0, 2.0], requires_grad=True)
>>> (w * w).sum().backward()
>>> w.grad
tensor([2., 4.])
"""

import warnings as _warnings
from math import e, inf, nan, pi

from minitorch import _einops, dtypes, functions, methods
from minitorch import native as _native
from minitorch._tensor import Tensor
from minitorch.backend import device, get_num_threads, set_num_threads
from minitorch.dtypes import (
    Size,
    bfloat16,
    can_cast,
    complex64,
    complex128,
    double,
    dtype,
    finfo,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    iinfo,
    int8,
    int16,
    int32,
    int64,
    long,
    promote_types,
    set_default_dtype,
    short,
    uint8,
)
from minitorch.functions import *
from minitorch.grad_mode import (
    enable_grad,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from minitorch.inference import inference_mode
from minitorch.memory import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    layout,
    memory_format,
    preserve_format,
    sparse_bsc,
    sparse_bsr,
    sparse_coo,
    sparse_csc,
    sparse_csr,
    strided,
)
from minitorch.methods import fill_, zero_
from minitorch.printing import set_printoptions
from minitorch.random import (
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)
from minitorch.resizing import resize_as_
from minitorch.storage import TypedStorage, UntypedStorage

methods.bind()
_einops.register_when_imported()
_native.start()

# torch says nothing of log(0) or of an overflow; a filter costs nothing, an errstate per operation
# would more than double its time.
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"minitorch(\.|$)")

from minitorch import autograd, linalg, nn, optim, random, signal, special, utils  # noqa: E402
from minitorch._later import later as _later  # noqa: E402

# Loaded when first asked for, each with the names in it that torch has at its top.
__getattr__ = _later(
    __name__,
    {
        "_C": "",
        "__config__": "",
        "_dynamo": "",
        "_inductor": "",
        "_pytree": "",
        "_utils": "",
        "accelerator": "AcceleratorError OutOfMemoryError",
        "amp": "autocast GradScaler",
        "autograd.anomaly_mode": "is_anomaly_check_nan_enabled is_anomaly_enabled "
        "set_anomaly_enabled",
        "amp.autocast_mode": "clear_autocast_cache get_autocast_cpu_dtype get_autocast_dtype "
        "get_autocast_gpu_dtype is_autocast_cache_enabled is_autocast_cpu_enabled "
        "is_autocast_enabled set_autocast_cache_enabled set_autocast_dtype set_autocast_enabled",
        "backends": "",
        "batching": "vmap",
        "compiler": "compile",
        "cpu": "Event Stream",
        "cuda": "",
        "func": "",
        "distributed": "",
        "distributions": "",
        "futures": "",
        "hub": "",
        "inplace_functions": "abs_ acos_ acosh_ addmv_ arccos_ arccosh_ arcsin_ arcsinh_ arctan_ "
        "arctanh_ as_strided_ asin_ asinh_ atan_ atanh_ ceil_ clamp_ clamp_max_ clamp_min_ clip_ "
        "conj_physical_ cos_ cosh_ deg2rad_ detach_ erf_ erfc_ exp2_ exp_ expm1_ fix_ floor_ "
        "frac_ gcd_ i0_ index_put_ lcm_ ldexp_ log10_ log1p_ log2_ log_ logit_ nan_to_num_ neg_ "
        "negative_ rad2deg_ reciprocal_ round_ rsqrt_ sigmoid_ sin_ sinc_ sinh_ sqrt_ square_ "
        "tan_ tanh_ trunc_ xlogy_",
        "jit": "",
        "legacy": "BFloat16Storage BFloat16Tensor BoolStorage BoolTensor ByteStorage ByteTensor "
        "CharStorage CharTensor DoubleStorage DoubleTensor FloatStorage FloatTensor HalfStorage "
        "HalfTensor IntStorage IntTensor LongStorage LongTensor ShortStorage ShortTensor "
        "set_default_tensor_type",
        "mps": "",
        "recurrent": "gru gru_cell lstm lstm_cell rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell",
        "multiprocessing": "",
        "onnx": "",
        "overrides": "",
        "profiler": "",
        "serialization": "load save",
        "settings": "are_deterministic_algorithms_enabled compiled_with_cxx11_abi "
        "get_default_device get_deterministic_debug_mode get_device_module "
        "get_float32_matmul_precision get_num_interop_threads is_vulkan_available "
        "is_deterministic_algorithms_warn_only_enabled is_warn_always_enabled set_default_device "
        "set_deterministic_debug_mode set_float32_matmul_precision set_flush_denormal "
        "set_num_interop_threads set_warn_always typename use_deterministic_algorithms",
        "testing": "",
        "types": "",
        "utils.dlpack": "from_dlpack to_dlpack",
        "version": "",
        "xpu": "",
        "shim": "",
        "sparse": "sparse_coo_tensor spmm",
        "torch_version": "",
    },
)

bool = dtypes.bool_
float = dtypes.float32
int = dtypes.int32
cfloat = dtypes.complex64
cdouble = dtypes.complex128
newaxis = None
__version__ = "0.1.0"

__all__ = [  # noqa: PLE0604
    *functions.__all__,
    "Generator",
    "Size",
    "Tensor",
    "TypedStorage",
    "UntypedStorage",
    "autograd",
    "bfloat16",
    "bool",
    "can_cast",
    "cdouble",
    "cfloat",
    "channels_last",
    "channels_last_3d",
    "complex128",
    "complex64",
    "contiguous_format",
    "default_generator",
    "device",
    "double",
    "dtype",
    "e",
    "enable_grad",
    "fill_",
    "finfo",
    "float",
    "float16",
    "float32",
    "float64",
    "get_default_dtype",
    "get_num_threads",
    "get_rng_state",
    "half",
    "iinfo",
    "inf",
    "inference_mode",
    "initial_seed",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "linalg",
    "layout",
    "long",
    "manual_seed",
    "memory_format",
    "nan",
    "newaxis",
    "nn",
    "no_grad",
    "optim",
    "pi",
    "preserve_format",
    "promote_types",
    "random",
    "resize_as_",
    "seed",
    "set_default_dtype",
    "set_grad_enabled",
    "set_num_threads",
    "set_printoptions",
    "set_rng_state",
    "short",
    "special",
    "signal",
    "sparse_bsc",
    "sparse_bsr",
    "sparse_coo",
    "sparse_csc",
    "sparse_csr",
    "strided",
    "uint8",
    "utils",
    "zero_",
]
