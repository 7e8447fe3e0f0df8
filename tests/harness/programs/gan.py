"""A generative adversarial network that learns a ring of eight Gaussians."""

import argparse
import math

import torch
import torch.nn as nn

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--steps", type=int, default=500)
parser.add_argument("--latent", type=int, default=8)
opt = parser.parse_args()
torch.manual_seed(opt.seed)


def weights_init(m):
    if isinstance(m, nn.Linear):
        nn.init.xavier_normal_(m.weight, gain=0.8)
        m.bias.data.fill_(0)


netG = nn.Sequential(
    nn.Linear(opt.latent, 32),
    nn.BatchNorm1d(32),
    nn.ReLU(True),
    nn.Linear(32, 32),
    nn.ReLU(True),
    nn.Linear(32, 2),
)
netD = nn.Sequential(
    nn.Linear(2, 32),
    nn.LeakyReLU(0.2, inplace=True),
    nn.Linear(32, 32),
    nn.LeakyReLU(0.2, inplace=True),
    nn.Linear(32, 1),
    nn.Sigmoid(),
)
netG.apply(weights_init)
netD.apply(weights_init)

criterion = nn.BCELoss()
optimizerD = torch.optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))
optimizerG = torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))
batch_size = 64
fixed_noise = torch.randn(4, opt.latent)
real_label, fake_label = 1.0, 0.0


def ring(n):
    angle = torch.randint(0, 8, (n,)) * (2 * math.pi / 8)
    return torch.stack([angle.cos(), angle.sin()], dim=1) + 0.05 * torch.randn(n, 2)


for i in range(opt.steps):
    # update D: maximize log(D(x)) + log(1 - D(G(z)))
    netD.zero_grad()
    label = torch.full((batch_size,), real_label)
    errD_real = criterion(netD(ring(batch_size)).view(-1), label)
    errD_real.backward()
    noise = torch.randn(batch_size, opt.latent)
    fake = netG(noise)
    label.fill_(fake_label)
    output = netD(fake.detach()).view(-1)
    errD_fake = criterion(output, label)
    errD_fake.backward()
    errD = errD_real + errD_fake
    optimizerD.step()

    # update G: maximize log(D(G(z)))
    netG.zero_grad()
    label.fill_(real_label)
    errG = criterion(netD(fake).view(-1), label)
    errG.backward()
    optimizerG.step()
    if i % 100 == 0:
        print("[%d/%d] Loss_D: %.4f Loss_G: %.4f" % (i, opt.steps, errD.item(), errG.item()))
with torch.no_grad():
    print(netG.eval()(fixed_noise).norm(dim=1).tolist())
