"""The checks. Every one of them runs at the same settings: quick profile, no GPU, little talk."""

import os

os.environ["GAN_BOOK_PROFILE"] = "quick"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
