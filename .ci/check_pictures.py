"""Check that stylized/ has the sample, in every shipped painting; else fail."""

import glob
import sys

import numpy as np
from PIL import Image

from fusion_style.data.images import sample_photograph
from fusion_style.models.choice import all_shipped

photograph = np.asarray(Image.open(sample_photograph()).convert("RGB"), float)
for style in all_shipped():
    (path,) = glob.glob(f"stylized/*-{style.name}.*")
    painting = np.asarray(Image.open(path).convert("RGB"), float)
    contrast, change = painting.std(), np.abs(painting - photograph).mean()
    print(f"{path}: standard deviation {contrast:.1f}, changed by {change:.1f} of 255")
    if contrast < 10 or change < 10:
        sys.exit(f"{path} is not a painting of the sample")
if not all_shipped():
    sys.exit("no style is shipped")
Image.open("stylized/contact_sheet.jpg").load()
