from setuptools import setup

setup(
    name="fusion-style",
    version="0.1.0",
    description="Fast neural style transfer on TensorFlow and Keras 3",
    license="MIT",
    python_requires=">=3.10",
    packages=["models", "losses", "data", "training", "inference", "pretrained"],
    py_modules=["files", "devices", "train", "stylize", "optimize"],
    package_data={"pretrained": ["*.keras", "*.json"]},
    install_requires=[
        "absl-py",
        "h5py",
        "importlib_resources",  # tensorflow-datasets' COCO needs it and does not say so
        "keras>=3.12",
        "numpy",
        "openvino>=2024.4",
        "pillow>=10.1",
        "platformdirs",
        "safetensors",
        "scikit-image",  # carries the sample photograph
        "scipy>=1.11",  # L-BFGS-B; its callback may stop it
        "tensorboardX",
        "tensorflow>=2.18",
        "tensorflow-datasets",
        "tqdm",
    ],
    extras_require={
        "test": ["nncf", "pytest"],
        "plots": ["matplotlib"],
        "int8": ["nncf"],
        # Other backends to train with, where TensorFlow has no GPU: KERAS_BACKEND=torch.
        "torch": ["torch>=2.4"],
        "jax": ["jax>=0.4.34"],
    },
)
