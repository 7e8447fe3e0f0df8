"""Policy gradient, actor and critic, on a small world of its own; a DQN with a target network."""

import random
from collections import deque, namedtuple
from itertools import count

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.distributions import Categorical, Normal

random.seed(5)
np.random.seed(5)
torch.manual_seed(5)
eps = np.finfo(np.float32).eps.item()
SavedAction = namedtuple("SavedAction", ["log_prob", "value"])


class World:
    def reset(self):
        self.s, self.t = np.random.uniform(-0.5, 0.5, 4), 0
        return self.s.astype(np.float32)

    def step(self, action):
        self.s = self.s * 0.95 + np.array([0.1, -0.05, 0.02, 0.0]) * (2 * action - 1)
        self.s[3] = np.sin(self.s[0])
        self.t += 1
        return self.s.astype(np.float32), float(1 - abs(self.s[0])), bool(self.t >= 25), {}


class Policy(nn.Module):
    def __init__(self):
        super(Policy, self).__init__()
        self.affine1 = nn.Linear(4, 32)
        self.dropout = nn.Dropout(p=0.2)
        self.action_head = nn.Linear(32, 2)
        self.value_head = nn.Linear(32, 1)
        self.saved_actions, self.rewards = [], []

    def forward(self, x):
        x = F.relu(self.dropout(self.affine1(x)))
        return F.softmax(self.action_head(x), dim=-1), self.value_head(x)


env, model = World(), Policy()
optimizer = optim.Adam(model.parameters(), lr=3e-2)


def select_action(state):
    probs, value = model(torch.from_numpy(state).float())
    m = Categorical(probs)
    action = m.sample()
    model.saved_actions.append(SavedAction(m.log_prob(action), value))
    return action.item()


running = 10
for episode in range(6):
    state, total = env.reset(), 0
    for _ in count(1):
        state, reward, done, _ = env.step(select_action(state))
        model.rewards.append(reward)
        total += reward
        if done:
            break
    R, returns = 0, deque()
    for r in model.rewards[::-1]:
        R = r + 0.99 * R
        returns.appendleft(R)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + eps)
    policy_losses, value_losses = [], []
    for (log_prob, value), R in zip(model.saved_actions, returns):
        policy_losses.append(-log_prob * (R - value.item()))
        value_losses.append(F.smooth_l1_loss(value, torch.tensor([R])))
    optimizer.zero_grad()
    loss = torch.stack(policy_losses).sum() + torch.stack(value_losses).sum()
    loss.backward()
    optimizer.step()
    del model.rewards[:], model.saved_actions[:]
    running = 0.05 * total + 0.95 * running
    print("Episode {}\tLast reward: {:.2f}\tAverage: {:.4f}".format(episode, total, running))

net = nn.Sequential(nn.Linear(4, 24), nn.ReLU(), nn.Linear(24, 2))
target = nn.Sequential(nn.Linear(4, 24), nn.ReLU(), nn.Linear(24, 2))
target.load_state_dict(net.state_dict())
memory, opt, state = deque(maxlen=500), optim.RMSprop(net.parameters(), lr=1e-3), env.reset()
for step in range(120):
    if random.random() < 0.3:
        action = torch.tensor([[random.randrange(2)]], dtype=torch.long)
    else:
        with torch.no_grad():
            action = net(torch.from_numpy(state)[None]).max(1)[1].view(1, 1)
    after, reward, done, _ = env.step(action.item())
    memory.append(
        (
            torch.from_numpy(state)[None],
            action,
            torch.from_numpy(after)[None],
            torch.tensor([reward]),
            done,
        )
    )
    state = env.reset() if done else after
    if len(memory) < 32:
        continue
    s, a, s2, r, d = zip(*random.sample(memory, 32))
    mask = torch.tensor(tuple(map(lambda x: not x, d)), dtype=torch.bool)
    q = net(torch.cat(s)).gather(1, torch.cat(a))
    best = torch.zeros(32)
    best[mask] = target(torch.cat(s2)[mask]).max(1)[0].detach()
    loss = nn.SmoothL1Loss()(q, (best * 0.9 + torch.cat(r)).float().unsqueeze(1))
    opt.zero_grad()
    loss.backward()
    for param in net.parameters():
        param.grad.data.clamp_(-1, 1)
    opt.step()
    for mine, theirs in zip(target.parameters(), net.parameters()):
        mine.data.copy_(mine.data * 0.95 + theirs.data * 0.05)
    if step % 20 == 0:
        print(step, "%.5f" % loss.item())

mean, log_std = nn.Linear(4, 2), nn.Parameter(torch.zeros(1, 2))
dist = Normal(mean(torch.cat(s2)), log_std.exp().expand(32, 2))
act = dist.rsample()
(dist.log_prob(act).sum(-1).mean() - 0.01 * dist.entropy().mean()).backward()
print(act.mean().item(), log_std.grad, mean.weight.grad.norm().item())
