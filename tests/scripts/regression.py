"""A polynomial fitted by hand, as first lessons do it: Variable, .data, no optimizer."""

import torch
import torch.nn.functional as F
from torch.autograd import Variable

torch.manual_seed(0)
dtype = torch.FloatTensor
DEGREE = 4
W_TARGET = torch.randn(DEGREE, 1) * 5
B_TARGET = torch.randn(1) * 5


def features(x):
    return torch.cat([x.unsqueeze(1) ** i for i in range(1, DEGREE + 1)], 1)


def batch(size=32):
    x = torch.randn(size)
    return features(x), features(x).mm(W_TARGET) + B_TARGET.item()


fc = torch.nn.Linear(W_TARGET.size(0), 1)
for step in range(100):
    x, y = batch()
    fc.zero_grad()
    loss = F.smooth_l1_loss(fc(x), y)
    loss.backward()
    for param in fc.parameters():
        param.data.add_(-0.1 * param.grad.data)
    if step % 20 == 0:
        print("step %d loss %.5f" % (step, loss.item()))
print("learned", fc.weight.view(-1).tolist())

w1 = Variable(torch.randn(20, 10).type(dtype), requires_grad=True)
w2 = Variable(torch.randn(10, 3).type(dtype), requires_grad=True)
x, y = Variable(torch.randn(8, 20).type(dtype)), Variable(torch.randn(8, 3).type(dtype))
for t in range(50):
    out = x.mm(w1).clamp(min=0).mm(w2)
    loss = (out - y).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        for w in (w1, w2):
            w -= 1e-3 * w.grad
            w.grad.zero_()
    if t % 10 == 0:
        print(t, loss.item(), loss.data)
print(torch.max(out, 1)[1], out.data.numpy().shape, isinstance(w1, Variable))
