"""StyleTrainer: an image transformation network learning to minimise the loss.

Johnson et al. 2016, Fig. 2, on any Keras backend.
"""

import keras


@keras.saving.register_keras_serializable("fusion_style")
class MeanOverBatch(keras.losses.Loss):
    """The mean of per-picture losses that are already computed.

    A `keras.losses.Loss` of one value per picture is what Keras divides by the
    number of replicas: under tf.distribute gradients are summed, so this is what
    makes them the mean over the global batch.
    """

    def call(self, y_true, y_pred):
        return y_pred


class StyleTrainer(keras.Model):
    """Trains `transformer` with `fit` over batches of photographs.

    Args:
        transformer: network from and to (batch, height, width, 3), 0-255.
        perceptual_loss: `losses.perceptual.PerceptualLoss`.
    """

    def __init__(self, transformer, perceptual_loss, **kwargs):
        super().__init__(**kwargs)
        self.transformer = transformer
        self.perceptual_loss = perceptual_loss
        self.mean_over_batch = MeanOverBatch()
        self.content = keras.metrics.Mean(name="content")
        self.style = keras.metrics.Mean(name="style")
        self.variation = keras.metrics.Mean(name="variation")

    def call(self, photographs, training=None):
        return self.transformer(photographs, training=training)

    def compute_loss(self, x, y=None, y_pred=None, sample_weight=None, training=True):
        """The mean over the batch of the weighted terms; tracks them unweighted."""
        terms = self.perceptual_loss(x, y_pred)
        for name, term in terms.items():
            getattr(self, name).update_state(term)
        total = self.perceptual_loss.total(terms)
        return self.mean_over_batch(total, total)
