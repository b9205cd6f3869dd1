"""The network of the V8 experiment: what change and test say, beside what history says, joined and judged.

Only the architecture; it imports torch, so that whatever the command line imports must not import it at the top.
Logits are those of (pass, fail); what leaves it is their difference, the margin.
"""

import torch
from torch import Tensor, nn

from domain_ft.prioritization.learned.settings import FUSED_TOKENS, NetworkSettings


class PrioritizationNetwork(nn.Module):
    """Rows to margins: semantic stream and structural stream -> fusion -> MLP -> 2 logits."""

    def __init__(self, dimension: int, features: int, settings: NetworkSettings) -> None:
        """`dimension` of the vectors d, number of structural inputs f (values and flags of missing ones)."""
        super().__init__()
        width = settings.stream_width
        self.dimension = dimension
        self.semantic = _stream(3 * dimension, width, settings.dropout)
        self.structural = _stream(features, width, settings.dropout)
        self.fusion = GatedFusion(width) if settings.fusion == "gated" else CrossAttentionFusion(width)
        layers: list[nn.Module] = []
        before = self.fusion.width
        for hidden in settings.hidden:
            layers += [nn.Linear(before, hidden), nn.ReLU(), nn.Dropout(settings.dropout)]
            before = hidden
        self.head = nn.Sequential(*layers, nn.Linear(before, 2))

    def forward(self, change: Tensor, test: Tensor, structural: Tensor) -> Tensor:
        """Logits (n, 2) of unit vectors (n, d), (n, d) and structural inputs (n, f).

        Beside the two vectors stands their product number by number, whose sum is the cosine: layers that only add
        cannot find it. The vectors are scaled to numbers of about 1.
        """
        change, test = change * self.dimension**0.5, test * self.dimension**0.5
        semantic = self.semantic(torch.cat([change, test, change * test], dim=1))
        logits: Tensor = self.head(self.fusion(semantic, self.structural(structural)))
        return logits


class GatedFusion(nn.Module):
    """g * semantic + (1 - g) * structural, where g = sigmoid(W [semantic; structural] + b), number by number.

    Arevalo et al., Gated multimodal units for information fusion, ICLR workshop 2017.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.gate = nn.Linear(2 * width, width)

    def forward(self, semantic: Tensor, structural: Tensor) -> Tensor:
        """(n, w), (n, w) -> (n, w)."""
        gate = torch.sigmoid(self.gate(torch.cat([semantic, structural], dim=1)))
        return gate * semantic + (1 - gate) * structural


class CrossAttentionFusion(nn.Module):
    """Each stream, cut into tokens, asks the other's tokens (Vaswani et al., NeurIPS 2017), and keeps itself beside.

    A stream that stays one token would attend to one token, whose weight is always 1: attention in name only.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = 2 * width
        token = width // FUSED_TOKENS
        self.to_structural, self.to_semantic = (_Attention(token) for _ in range(2))
        self.after = nn.LayerNorm(self.width)

    def forward(self, semantic: Tensor, structural: Tensor) -> Tensor:
        """(n, w), (n, w) -> (n, 2 w)."""
        said, known = (stream.unflatten(1, (FUSED_TOKENS, -1)) for stream in (semantic, structural))
        joined = torch.cat([said + self.to_structural(said, known), known + self.to_semantic(known, said)], dim=1)
        fused: Tensor = self.after(joined.flatten(1))
        return fused


class _Attention(nn.Module):
    """softmax(Q K' / sqrt(t)) V over tokens of t numbers."""

    def __init__(self, token: int) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(token, token) for _ in range(3))

    def forward(self, asking: Tensor, asked: Tensor) -> Tensor:
        answered: Tensor = nn.functional.scaled_dot_product_attention(
            self.query(asking), self.key(asked), self.value(asked)
        )
        return answered


def _stream(inputs: int, width: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, width), nn.LayerNorm(width), nn.ReLU(), nn.Dropout(dropout))


def focal_loss(logits: Tensor, failed: Tensor, gamma: float) -> Tensor:
    """Mean of -(1 - p)^gamma ln p, where p is the probability given to what happened; gamma 0 is cross entropy.

    Lin et al., Focal loss for dense object detection, ICCV 2017, without its class weight.
    """
    happened = nn.functional.log_softmax(logits, dim=1).gather(1, failed[:, None]).squeeze(1)
    return -((1 - happened.exp()) ** gamma * happened).mean()


def weighted_loss(logits: Tensor, failed: Tensor, weights: Tensor) -> Tensor:
    """Cross entropy, each row weighted by its class (2,); the mean over the weights."""
    return nn.functional.cross_entropy(logits, failed, weights)
