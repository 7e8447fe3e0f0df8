"""torch.nn.utils: gradients clipped, weights rewritten, sequences padded; loaded when asked for."""

from minitorch._later import later

__getattr__ = later(__name__, {"rnn": ""})
