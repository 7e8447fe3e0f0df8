"""Operations with their own backward, and a hook that watches a gradient."""

import math

import torch


class LegendrePolynomial3(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return 0.5 * (5 * x**3 - 3 * x)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        return grad_output * 1.5 * (5 * x**2 - 1)


class Round(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, scale=1.0):
        ctx.scale = scale
        ctx.mark_non_differentiable()
        return (x * scale).round() / scale

    @staticmethod
    def backward(ctx, g):
        return (g.clone(), None) if ctx.needs_input_grad[0] else (None, None)


dtype, device = torch.float, torch.device("cpu")
x = torch.linspace(-math.pi, math.pi, 2000, device=device, dtype=dtype)
y = torch.sin(x)
a, b, c, d = (
    torch.full((), v, device=device, dtype=dtype, requires_grad=True) for v in (0.0, -1.0, 0.0, 0.3)
)
P3 = LegendrePolynomial3.apply
seen = []
c.register_hook(lambda g: seen.append(g.item()))
for t in range(600):
    y_pred = a + b * P3(c + d * x)
    loss = (y_pred - y).pow(2).sum()
    if t % 100 == 99:
        print(t, loss.item())
    loss.backward()
    with torch.no_grad():
        for p in (a, b, c, d):
            p -= 5e-6 * p.grad
            p.grad = None
print(f"Result: y = {a.item()} + {b.item()} * P3({c.item()} + {d.item()} x)", len(seen))

w = torch.tensor([0.3, 1.2, -0.7], requires_grad=True)
Round.apply(w, 4.0).pow(2).sum().backward()
print(Round.apply(w, 4.0), w.grad)
print(torch.autograd.gradcheck(P3, (x[:4].double().requires_grad_(),)))
