"""StyleTrainer: an image transformation network learning to minimize the loss.

Johnson et al. 2016, Fig. 2, on any Keras backend.
"""

import keras
from keras import ops


@keras.saving.register_keras_serializable("fusion_style")
class MeanOverBatch(keras.losses.Loss):
    """The mean of per-picture losses that are already computed.

    A `keras.losses.Loss` of one value per picture is what Keras divides by the
    number of replicas: under tf.distribute gradients are summed, so this is what
    makes them the mean over the global batch.
    """

    def call(self, y_true, y_pred):
        return y_pred


class BatchMean(keras.metrics.Mean):
    """The mean over the last batch alone.

    So what is logged of a step doesn't depend on where the training was stopped.
    """

    def update_state(self, values, sample_weight=None):
        self.reset_state()
        super().update_state(values, sample_weight)


class StyleTrainer(keras.Model):
    """Trains `transformer` with `fit` over batches of photographs.

    Args:
        transformer: network from and to (batch, height, width, 3), 0-255.
        perceptual_loss: `losses.perceptual.PerceptualLoss`.
        log_shape: of each logged value; see `training.strategy.log_shape`.
    """

    def __init__(self, transformer, perceptual_loss, log_shape=(), **kwargs):
        super().__init__(**kwargs)
        self.transformer = transformer
        self.perceptual_loss = perceptual_loss
        self.log_shape = tuple(log_shape)
        self.mean_over_batch = MeanOverBatch()
        self.total = BatchMean(name="total")
        self.content = BatchMean(name="content")
        self.style = BatchMean(name="style")
        self.variation = BatchMean(name="variation")

    def call(self, photographs, training=None):
        return self.transformer(photographs, training=training)

    def compute_loss(self, x, y=None, y_pred=None, sample_weight=None, training=True):
        """The mean over the batch of the weighted terms; tracks them unweighted."""
        terms = self.perceptual_loss(x, y_pred)
        for name, term in terms.items():
            getattr(self, name).update_state(term)
        total = self.perceptual_loss.total(terms)
        self.total.update_state(total)
        return self.mean_over_batch(total, total)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """What is logged of this step: the weighted loss, and its terms unweighted."""
        logged = {
            "loss": self.total,
            "content": self.content,
            "style": self.style,
            "variation": self.variation,
        }
        return {
            name: ops.reshape(metric.result(), self.log_shape)
            for name, metric in logged.items()
        }
