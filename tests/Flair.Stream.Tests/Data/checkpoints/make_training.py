"""Trains a network of 13 numbers with FLAIR-1's optimizer, scheduler and callbacks, and keeps Lightning's checkpoints (PyTorch 1.13, Lightning 2.1.1).
training.ckpt: end of the third epoch; training_midway.ckpt: after the first step of the second; training_adam.ckpt: another optimizer."""
import os, shutil, sys, tempfile
import torch
import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback, EarlyStopping, ModelCheckpoint

here = os.path.dirname(os.path.abspath(__file__))
folder = "/tmp/flair-training"


class Module(pl.LightningModule):
    def __init__(self, adam=False):
        super().__init__()
        self.model = torch.nn.Module()
        self.model.seg_model = torch.nn.Sequential(torch.nn.Conv2d(2, 2, 1), torch.nn.BatchNorm2d(2))
        self.criterion = torch.nn.CrossEntropyLoss(weight=torch.tensor([1.0, 0.5]))
        self.adam = adam

    def training_step(self, batch, index):
        return self.criterion(self.model.seg_model(batch[0]), batch[1])

    def validation_step(self, batch, index):
        self.log("val_loss", self.criterion(self.model.seg_model(batch[0]), batch[1]))

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters()) if self.adam else torch.optim.SGD(self.model.parameters(), lr=0.02)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="min", factor=0.5, patience=10, cooldown=4, min_lr=1e-7)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "epoch", "monitor": "val_loss", "frequency": 1}}


class Midway(Callback):
    def on_train_batch_end(self, trainer, module, *_):
        if trainer.global_step == 5:
            trainer.save_checkpoint(os.path.join(here, "training_midway.ckpt"))


def train(name, **options):
    pl.seed_everything(1)
    shutil.rmtree(folder, ignore_errors=True)
    data = [(torch.rand(2, 4, 4), torch.randint(0, 2, (4, 4))) for _ in range(8)]
    loader = torch.utils.data.DataLoader(data, batch_size=2)
    kept = ModelCheckpoint(monitor="val_loss", dirpath=folder + "/checkpoints", filename="ckpt-{epoch:02d}-{val_loss:.2f}", save_top_k=1, mode="min", save_last=True)
    trainer = pl.Trainer(accelerator="cpu", max_epochs=3, logger=False, enable_progress_bar=False, num_sanity_val_steps=0,
                         callbacks=[kept, EarlyStopping(monitor="val_loss", min_delta=0.0, patience=30, mode="min"), Midway()])
    trainer.fit(Module(**options), loader, loader)
    shutil.copy(folder + "/checkpoints/last.ckpt", os.path.join(here, name))


train("training_adam.ckpt", adam=True)
train("training.ckpt")
