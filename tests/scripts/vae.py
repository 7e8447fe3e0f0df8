"""A variational autoencoder with convolutions, and a GAN beside it: two losses of their kinds."""

import torch
from torch import nn, optim
from torch.nn import functional as F

torch.manual_seed(3)
device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
Tensor = torch.cuda.FloatTensor if torch.cuda.is_available() else torch.FloatTensor
images = (torch.rand(64, 1, 12, 12) > 0.6).float()
images[:, :, 3:9, 3:9] = 1


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode = nn.Sequential(
            nn.Conv2d(1, 8, 4, 2, 1), nn.ReLU(True), nn.Conv2d(8, 8, 3, padding=1), nn.ELU(),
            nn.Flatten(), nn.Linear(8 * 36, 32), nn.Tanh(),
        )  # fmt: skip
        self.mu, self.logvar = nn.Linear(32, 5), nn.Linear(32, 5)
        self.decode = nn.Sequential(
            nn.Linear(5, 8 * 9), nn.ReLU(), nn.Unflatten(1, (8, 3, 3)),
            nn.ConvTranspose2d(8, 4, 4, stride=2, padding=1), nn.ReLU(),
            nn.Upsample(scale_factor=2), nn.Conv2d(4, 1, 3, padding=1), nn.Sigmoid(),
        )  # fmt: skip

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        return mu + torch.randn_like(std) * std

    def forward(self, x):
        h = self.encode(x)
        mu, logvar = self.mu(h), self.logvar(h)
        return self.decode(self.reparameterize(mu, logvar)), mu, logvar


model = VAE().to(device)
optimizer = optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(4):
    for data in images.split(16):
        optimizer.zero_grad()
        recon, mu, logvar = model(data)
        bce = F.binary_cross_entropy(recon, data, reduction="sum")
        kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        (bce + kld).backward()
        optimizer.step()
    print(f"epoch {epoch} bce {bce.item():.4f} kld {kld.item():.5f}")


def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Conv") != -1:
        torch.nn.init.normal_(m.weight.data, 0.0, 0.02)
    elif classname.find("BatchNorm") != -1:
        nn.init.normal_(m.weight, 1.0, 0.02)
        nn.init.zeros_(m.bias)


netG = nn.Sequential(
    nn.ConvTranspose2d(10, 16, 3, 1, 0, bias=False), nn.BatchNorm2d(16), nn.ReLU(True),
    nn.ConvTranspose2d(16, 8, 4, 2, 1, bias=False), nn.BatchNorm2d(8, 0.8), nn.LeakyReLU(0.2, inplace=True),
    nn.ConvTranspose2d(8, 1, 4, 2, 1), nn.Tanh(),
).apply(weights_init)  # fmt: skip
netD = nn.Sequential(
    nn.Conv2d(1, 8, 3, 2, 1), nn.LeakyReLU(0.2, inplace=True), nn.Dropout2d(0.25),
    nn.Conv2d(8, 1, 6, 1, 0), nn.Flatten(), nn.Sigmoid(),
).apply(weights_init)  # fmt: skip
criterion = nn.BCELoss()
optimizerD = optim.Adam(netD.parameters(), lr=2e-3, betas=(0.5, 0.999))
optimizerG = optim.RMSprop(netG.parameters(), lr=1e-3)
for i in range(8):
    real = images[:16] * 2 - 1
    valid, fake = Tensor(16, 1).fill_(1.0), torch.full((16, 1), 0.0)
    netD.zero_grad()
    errD_real = criterion(netD(real), valid)
    generated = netG(torch.randn(16, 10, 1, 1, device=device))
    errD = (errD_real + criterion(netD(generated.detach()), fake)) / 2
    errD.backward()
    optimizerD.step()
    netG.zero_grad()
    errG = criterion(netD(generated), valid)
    errG.backward()
    optimizerG.step()
    print("[%d] Loss_D: %.4f Loss_G: %.4f" % (i, errD.item(), errG.item()))
