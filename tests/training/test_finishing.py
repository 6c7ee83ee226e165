"""Finishing with another loss network: when it takes over, stopping, replicas, messages."""

import numpy as np
import pytest

from fusion_style.losses.perceptual import PerceptualLoss
from fusion_style.models.config import NetworkConfig
from fusion_style.models.keras_builder import build_network
from fusion_style.models.loading import load_network
from fusion_style.tests.support.pictures import assert_same, interrupt_at
from fusion_style.tests.support.tiny import TINY_LOSS, picture
from fusion_style.training import trainer as trainer_module
from fusion_style.training.config import TrainConfig
from fusion_style.training.record import RunRecord

GIVEN = {"steps": 20, "finish_with": "vgg19", "finish_weights": "random", "norm": "batch"}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Compile without XLA: it takes far longer than these steps."""
    monkeypatch.setattr(trainer_module, "jit_compile", lambda: False)


def weights_of(path):
    return [np.array(w) for w in load_network(path).get_weights()]


def test_the_last_tenth_is_learned_with_it(learn, monkeypatch):
    """The first 18 of 20 steps are those of a training without it; the last two are not."""
    seen = []
    begin_at = trainer_module.StyleTrainer.begin_at

    def begin(trainer, step):
        begin_at(trainer, step)
        seen.append((step, trainer.perceptual_loss.network.name))

    monkeypatch.setattr(trainer_module.StyleTrainer, "begin_at", begin)
    record = learn(**GIVEN, out="two.keras")
    assert [step for step, _ in seen] == [0, 18]
    assert len({name for _, name in seen}) == 2
    alone = learn(steps=20, norm="batch", out="one.keras")
    assert [step for step, _ in seen] == [0, 18, 0]
    # Entries of the history are means of ten steps.
    assert record["history"][0] == alone["history"][0]
    assert record["history"][1] != alone["history"][1]
    assert record["settings"]["finish_with"] == "vgg19"
    assert record["finish_weights"] == "random" and "finish_weights" not in alone
    same = zip(weights_of("two.keras"), weights_of("one.keras"), strict=True)
    assert not all(np.array_equal(*pair) for pair in same)


def test_it_is_resumed_before_and_after(learn, monkeypatch):
    whole = learn(**GIVEN, out="whole.keras")
    for stopped in (17, 19):
        out = f"{stopped}.keras"
        with monkeypatch.context() as patch:
            interrupt_at(patch, stopped)
            with pytest.raises(KeyboardInterrupt):
                learn(**GIVEN, checkpoint_every=0, out=out)
        with pytest.raises(ValueError, match="finish_with = vgg19. Received: vgg16"):
            learn(**GIVEN | {"finish_with": "vgg16"}, out=out, resume=True)
        with pytest.raises(ValueError, match="other weights .* than imagenet"):
            learn(**GIVEN | {"finish_weights": "imagenet"}, out=out, resume=True)
        resumed = learn(**GIVEN, out=out, resume=True)
        assert resumed["history"] == whole["history"]
        assert_same("whole.keras", out)


@pytest.mark.parametrize(("steps", "before"), [(1, 0), (4, 3), (10, 9), (25, 23)])
def test_the_shortest_training_has_a_step_with_it(steps, before, painting):
    assert RunRecord(TrainConfig(painting), steps).finishing_at() == before


def test_both_losses_have_the_same_weights_and_their_own_layers():
    config = TrainConfig("a.jpg", loss=TINY_LOSS, finish_with="vgg19")
    first, last = config.losses()
    assert first is config.loss and last.loss_network == "vgg19"
    assert last.loss_weights == "imagenet" and last.content_layers == ("relu1_2",)
    assert TrainConfig("a.jpg").losses() == [TrainConfig("a.jpg").loss]
    loss = PerceptualLoss(picture(24, 24), TINY_LOSS)
    one = trainer_module.StyleTrainer(
        build_network(NetworkConfig("tiny", width=0.125)), loss
    )
    one.begin_at(5)
    assert one.perceptual_loss is loss and one.end_of_turn(0, 7) == 7


def test_what_cannot_be_is_said_at_once(learn):
    with pytest.raises(ValueError, match="finish_with must be one of vgg16, .*Received"):
        learn(steps=2, finish_with="vgg11")
    with pytest.raises(FileNotFoundError, match="missing.h5"):
        learn(steps=2, finish_with="vgg19", finish_weights="missing.h5")
