"""Check that stylized/ has the sample, painted in every shipped style; else fail."""

import glob
import sys

import numpy as np
from PIL import Image

from fusion_style.data.images import sample_photograph
from fusion_style.models.shipped import shipped_styles

photograph = np.asarray(Image.open(sample_photograph()).convert("RGB"), float)
for style in shipped_styles():
    (path,) = glob.glob(f"stylized/*-{style}.*")
    painting = np.asarray(Image.open(path).convert("RGB"), float)
    contrast, change = painting.std(), np.abs(painting - photograph).mean()
    print(f"{path}: standard deviation {contrast:.1f}, changed by {change:.1f} of 255")
    if contrast < 10 or change < 10:
        sys.exit(f"{path} is not a painting of the sample")
if not shipped_styles():
    sys.exit("no style is shipped")
Image.open("stylized/contact_sheet.jpg").load()
