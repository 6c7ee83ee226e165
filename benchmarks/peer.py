"""The fast_neural_style of pytorch/examples, written again, for comparisons.

It has the same network (Johnson's, with instance norm) and the same training step: VGG16 up
to relu4_3, content at relu2_2, four Gram matrices, Adam. VGG16 has random weights, on which
the time does not depend. Needs PyTorch.
"""

import torch
from torch import nn

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
CONTENT_WEIGHT, STYLE_WEIGHT, LEARNING_RATE = 1e5, 1e10, 1e-3
VGG16 = ((2, 64), (2, 128), (3, 256), (3, 512))  # to relu4_3: convolutions, channels


def conv(inputs, outputs, kernel, stride=1):
    pad = nn.ReflectionPad2d(kernel // 2)
    return nn.Sequential(pad, nn.Conv2d(inputs, outputs, kernel, stride))


def block(inputs, outputs, kernel, stride=1):
    norm = nn.InstanceNorm2d(outputs, affine=True)
    return nn.Sequential(conv(inputs, outputs, kernel, stride), norm, nn.ReLU())


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        norm = nn.InstanceNorm2d(128, affine=True)
        self.inner = nn.Sequential(block(128, 128, 3), conv(128, 128, 3), norm)

    def forward(self, x):
        return x + self.inner(x)


def network():
    """Return the network: instance norm, nearest upsampling, reflection padding."""
    return nn.Sequential(
        block(3, 32, 9), block(32, 64, 3, 2), block(64, 128, 3, 2),
        *[Residual() for _ in range(5)],
        nn.Upsample(scale_factor=2), block(128, 64, 3),
        nn.Upsample(scale_factor=2), block(64, 32, 3), conv(32, 3, 9),
    )  # fmt: skip


class LossNetwork(nn.Module):
    """Compute VGG16's features at relu1_2, relu2_2, relu3_3 and relu4_3."""

    def __init__(self):
        super().__init__()
        self.slices, inputs = nn.ModuleList(), 3
        for convolutions, channels in VGG16:
            layers = [nn.MaxPool2d(2)] if self.slices else []
            for _ in range(convolutions):
                layers += [nn.Conv2d(inputs, channels, 3, padding=1), nn.ReLU(inplace=True)]
                inputs = channels
            self.slices.append(nn.Sequential(*layers))
        self.requires_grad_(False)

    def forward(self, x):
        features = []
        for part in self.slices:
            x = part(x)
            features.append(x)
        return features


def gram_matrix(features):
    batch, channels, height, width = features.shape
    flat = features.view(batch, channels, height * width)
    return flat.bmm(flat.transpose(1, 2)) / (channels * height * width)


def normalized(pictures):
    mean = torch.tensor([0.485, 0.456, 0.406]).view(-1, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).view(-1, 1, 1)
    return (pictures / 255 - mean) / deviation


def painter():
    """Return a function that paints a picture, float32 (height, width, 3), 0-255."""
    paint = network().eval().to(DEVICE)

    def run(x):
        with torch.no_grad():
            batch = torch.from_numpy(x.transpose(2, 0, 1)[None].copy())
            return paint(batch.to(DEVICE))[0].cpu().numpy().transpose(1, 2, 0)

    return run


def training_step(batch, size):
    """Return a function without arguments that does one step. Photographs are in memory."""
    torch.manual_seed(0)
    transformer, losses = network().train().to(DEVICE), LossNetwork().to(DEVICE)
    optimizer = torch.optim.Adam(transformer.parameters(), LEARNING_RATE)
    distance = nn.MSELoss()
    photographs, paintings = 255 * torch.rand(2, batch, 3, size, size, device=DEVICE)
    targets = [gram_matrix(features) for features in losses(normalized(paintings))]

    def step():
        optimizer.zero_grad()
        painted = losses(normalized(transformer(photographs)))
        content = distance(painted[1], losses(normalized(photographs))[1])
        pairs = zip(painted, targets, strict=True)
        style = sum(distance(gram_matrix(f), target) for f, target in pairs)
        loss = CONTENT_WEIGHT * content + STYLE_WEIGHT * style
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
