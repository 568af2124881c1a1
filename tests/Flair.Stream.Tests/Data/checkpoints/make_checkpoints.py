#!/usr/bin/env python3
"""Makes the checkpoints in this folder that the conformance data does not have. Needs PyTorch 1.13 and NumPy.

Every good file has the tensors of views.json (below its own prefixes); the others must be refused. Run it in this folder.
"""
import collections
import datetime
import enum
import functools
import io
import json
import pathlib
import pickle
import sys
import types
import zipfile

import numpy
import torch


def stub(module, name, base=object):
    """A class that pickles under the name of a package that need not be installed."""
    parts = module.split(".")
    for i in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:i]), types.ModuleType(".".join(parts[:i])))
    cls = type(name, (base,), {"__module__": module})
    setattr(sys.modules[module], name, cls)
    return cls


class Monitor(enum.Enum):
    LOSS = "val_loss"


base = torch.arange(12, dtype=torch.float32)
state = collections.OrderedDict(
    transposed=torch.arange(24, dtype=torch.float32).view(4, 6).t(),
    channels_last=torch.arange(120, dtype=torch.float32).view(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
    base=base,
    middle=base[3:9],
    every_second=base[::2],
    column=base.view(3, 4)[:, 1],
    tied=base,
    expanded=torch.tensor([1.0, 2.0, 3.0]).expand(4, 3),
    parameter=torch.nn.Parameter(torch.tensor([[0.5, -0.5]])),
    half=torch.arange(6, dtype=torch.float16).view(2, 3).t(),
    bfloat=torch.arange(6, dtype=torch.bfloat16).view(3, 2).t(),
    double=torch.tensor([1e-300, 2.5], dtype=torch.float64),
    int8=torch.tensor([-128, 127], dtype=torch.int8),
    int16=torch.tensor([-32768, 7], dtype=torch.int16),
    int32=torch.tensor([[-5], [6]], dtype=torch.int32),
    num_batches_tracked=torch.tensor(9),
    scalar_view=base[5],
    none_left=base[4:4],
)
state._metadata = collections.OrderedDict({"": {"version": 1}})

with open("views.json", "w") as file:
    json.dump({name: {"dtype": str(t.dtype)[6:], "shape": list(t.shape), "values": t.detach().double().flatten().tolist()}
               for name, t in state.items()}, file, indent=1)

torch.save(state, "views.pth")
torch.save(state, "views_legacy.pth", _use_new_zipfile_serialization=False)
torch.save(state, "views_protocol4.pt", pickle_protocol=4)
torch.save({"epoch": 3, "model": {"module." + name: t for name, t in state.items()}, "optimizer": {"state": {}}}, "views_wrapped.bin")

with zipfile.ZipFile("views.pth") as source, zipfile.ZipFile("views_deflated.pth", "w", zipfile.ZIP_DEFLATED) as target:
    for name in source.namelist():
        target.writestr(name, source.read(name))

attributes = stub("pytorch_lightning.utilities.parsing", "AttributeDict", dict)
callback = stub("pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint")()
callback.best_model_path = pathlib.PurePosixPath("/somewhere/best.ckpt")
network = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 1), torch.nn.BatchNorm2d(2))
optimizer = torch.optim.Adam(network.parameters())
network(torch.ones(1, 1, 2, 2)).sum().backward()
optimizer.step()
lightning = {
    "epoch": 41,
    "global_step": 10 ** 12,
    "pytorch-lightning_version": "2.1.1",
    "state_dict": collections.OrderedDict(
        [("criterion.weight", torch.ones(19)), ("model.enc.enc_mlp.0.weight", torch.ones(2, 2))]
        + [("model.seg_model." + name, t) for name, t in state.items()]),
    "loops": {"fit_loop": {"state_dict": {}, "done": {1, 2}, "frozen": frozenset([3])}},
    "callbacks": {"ModelCheckpoint{'monitor': 'val_loss'}": {"monitor": Monitor.LOSS, "best": torch.tensor(0.1), "callback": callback}},
    "optimizer_states": [optimizer.state_dict()],
    "lr_schedulers": [torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer).state_dict()],
    "hparams_name": "kwargs",
    "hyper_parameters": attributes(
        lr=0.02, criterion=torch.nn.CrossEntropyLoss(weight=torch.ones(19)), model=network, when=datetime.datetime(2023, 1, 2),
        partial=functools.partial(int, base=2), classes={1: [1, "building"]}, mean=numpy.float64(105.08), stds=numpy.array([52.17, 45.38]),
        counter=collections.Counter("abc"), default=collections.defaultdict(list), device=torch.device("cpu"), size=torch.Size([1, 2]),
        dtype=torch.float16, raw=b"\0\1", z=complex(1, 2), big=2 ** 200, path=pathlib.PurePosixPath("/data")),
}
torch.save(lightning, "views.ckpt")

# To be refused.
torch.save(network, "whole_module.pth")
torch.save({"a": torch.zeros(2, dtype=torch.complex64)}, "complex.pth")
torch.save({"a": torch.eye(2).to_sparse()}, "sparse.pth")
torch.save({"epoch": 3, "loss": 0.5}, "no_tensors.pth")
torch.jit.script(network).save("torchscript.pt")
with zipfile.ZipFile("views.pth") as source, zipfile.ZipFile("big_endian.pth", "w") as target:
    for name in source.namelist():
        target.writestr(name, source.read(name))
    target.writestr("views/byteorder", "big")
with open("views_legacy.pth", "rb") as source, open("big_endian_legacy.pth", "wb") as target:
    target.write(source.read().replace(b"little_endianq\x02\x88", b"little_endianq\x02\x89"))


class Attack:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


torch.save({"state_dict": state, "hyper_parameters": {"x": Attack(eval, "1+1")}}, "malicious_hyper_parameters.ckpt")
torch.save({"a": base, "x": Attack(exec, "1")}, "malicious_legacy.pth", _use_new_zipfile_serialization=False)
torch.save({"a": base, "x": Attack(__import__("subprocess").getoutput, "true")}, "malicious_protocol4.pth", pickle_protocol=4)

# A dict of dicts and pairs that doubles with every level, and views that take a thousand times what the file holds.
levels = []
for _ in range(60):
    levels = [levels, levels]
torch.save({"a": base, "levels": levels}, "doubling.pth")
huge = torch.ones(1).expand(2 ** 18, 2 ** 10)
torch.save({f"a{i}": huge for i in range(8)}, "expanded_bomb.pth")
bomb = io.BytesIO()
torch.save({"a": torch.zeros(20 * 2 ** 20)}, bomb)
with zipfile.ZipFile(bomb) as source, zipfile.ZipFile("deflate_bomb.pth", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
    for name in source.namelist():
        target.writestr(name, source.read(name))
with open("deep.pkl", "wb") as file:
    file.write(b"\x80\x02" + b"]" * 100000 + b"a" * 99999 + b".")
with zipfile.ZipFile("deep.pth", "w", zipfile.ZIP_DEFLATED) as target:
    target.write("deep.pkl", "deep/data.pkl")
pathlib.Path("deep.pkl").unlink()
