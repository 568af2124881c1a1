"""Measures flair bench device and plain PyTorch loops on the same GPU in turns; bench/gpu calls it. --device cpu tries the program itself where there is no GPU."""

import argparse
import csv
import datetime
import json
import pathlib
import statistics
import subprocess
import sys
import threading
import time

import numpy
import torch
import torchvision
from torch import nn

CLASSES, CHANNELS = 19, 5
# U-Net ResNet-34, 5 bands, 19 classes: multiplications and additions of a window of 512 x 512.
FLOP_OF_512 = 62.4e9


class Block(nn.Module):
    """Twice the size, beside the encoder's map of that size, through two convolutions."""

    def __init__(self, below, beside, out):
        super().__init__()
        layers = []
        for width in (below + beside, out):
            layers += [nn.Conv2d(width, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers)

    def forward(self, x, beside=None):
        x = nn.functional.interpolate(x, scale_factor=2, mode="nearest")
        return self.layers(x if beside is None else torch.cat([x, beside], 1))


class Unet(nn.Module):
    """The network of FLAIR-1: ResNet-34 encoder, decoder of 256, 128, 64, 32, 16 channels. Any weights are as much work as others."""

    def __init__(self):
        super().__init__()
        net = torchvision.models.resnet34()
        net.conv1 = nn.Conv2d(CHANNELS, 64, 7, stride=2, padding=3, bias=False)
        self.stem = nn.Sequential(net.conv1, net.bn1, net.relu)
        self.stages = nn.ModuleList([nn.Sequential(net.maxpool, net.layer1), net.layer2, net.layer3, net.layer4])
        widths = [(512, 256, 256), (256, 128, 128), (128, 64, 64), (64, 64, 32), (32, 0, 16)]
        self.blocks = nn.ModuleList([Block(*width) for width in widths])
        self.head = nn.Conv2d(16, CLASSES, 3, padding=1)

    def forward(self, x):
        maps = [self.stem(x)]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        x = maps.pop()
        for block in self.blocks:
            x = block(x, maps.pop() if maps else None)
        return self.head(x)


class Sampler:
    """What nvidia-smi says while something is measured; nothing where it is not there."""

    def __init__(self, device):
        self.samples = []
        self.process = None
        if device == "cpu":
            return
        index = device.partition(":")[2]
        command = ["nvidia-smi", "--query-gpu=utilization.gpu,power.draw", "--format=csv,noheader,nounits", "-lms", "100"]
        self.process = subprocess.Popen(command + (["-i", index] if index else []), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            try:
                busy, power = (float(field) for field in line.split(","))
            except ValueError:
                continue
            self.samples.append((time.time(), busy, power))

    def between(self, start, end):
        """Mean share of the time that a kernel was running, and mean watts; nvidia-smi looks back up to a second, so the first one does not count."""
        taken = [sample for sample in self.samples if start + 1 <= sample[0] <= end] or [sample for sample in self.samples if start <= sample[0] <= end]
        if not taken:
            return None, None
        return statistics.mean(sample[1] for sample in taken) / 100, statistics.mean(sample[2] for sample in taken)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()


def wait(device):
    if device != "cpu":
        torch.cuda.synchronize(device)


def rate(step, batch, seconds, device):
    """Windows a second of a step that takes a batch, and when that was measured."""
    for _ in range(3):
        step()
    wait(device)
    start, clock, done = time.time(), time.perf_counter(), 0
    while time.perf_counter() - clock < seconds:
        step()
        done += batch
        # Queued work has no bound in PyTorch; a training or a detection loop waits somewhere too.
        if done % (16 * batch) == 0:
            wait(device)
    wait(device)
    return done / (time.perf_counter() - clock), start, time.time()


def pytorch_loops(args, device):
    """Eager PyTorch: as flair-detect does it, its network alone, and the network in half precision with channels last."""
    torch.manual_seed(1)
    model = Unet().eval().to(device)
    size, margin, batch = args.size, args.margin, args.peer_batch
    # What FLAIR-1's DataLoader gives: normalized on the CPU, in pinned memory. Reading and normalizing are not measured, they have processes of their own.
    pinned = [torch.randn(batch, CHANNELS, size, size) for _ in range(4)]
    if device != "cpu":
        pinned = [images.pin_memory() for images in pinned]
    turn = [0]

    def images():
        turn[0] += 1
        return pinned[turn[0] % len(pinned)]

    @torch.no_grad()
    def network():
        model(images().to(device))

    def detect():
        with torch.no_grad():
            logits = model(images().to(device))
        predictions = torch.softmax(logits, dim=1).cpu().numpy()
        for prediction in predictions:
            kept = prediction[:, margin : size - margin, margin : size - margin]
            numpy.argmax(kept, axis=0).astype(numpy.uint8)

    yield "PyTorch as flair-detect", "fp32", batch, rate(detect, batch, args.seconds, device)
    yield "PyTorch, network alone", "fp32", batch, rate(network, batch, args.seconds, device)

    kind = torch.float16 if device != "cpu" else torch.bfloat16
    model = model.to(kind).to(memory_format=torch.channels_last)
    batch = max(args.batch)
    last = torch.randn(batch, CHANNELS, size, size, device=device, dtype=kind).contiguous(memory_format=torch.channels_last)

    @torch.no_grad()
    def half():
        model(last)

    yield "PyTorch, network alone, channels last", str(kind)[6:], batch, rate(half, batch, args.seconds, device)


def matmul_peak(device):
    """FLOP a second of a product of large matrices in half precision."""
    if device == "cpu":
        return None
    side = 8192
    a, b = (torch.randn(side, side, device=device, dtype=torch.float16) for _ in range(2))
    for _ in range(3):
        a @ b
    times = []
    for _ in range(10):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        a @ b
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end) / 1e3)
    return 2 * side**3 / statistics.median(times)


def ours(args, device, batch):
    command = [args.flair, "bench", "device", "--json", "--device", device, "--batch", str(batch), "--size", str(args.size), "--margin", str(args.margin),
               "--channels", str(CHANNELS), "--seconds", str(args.seconds), "--precision", args.precision]  # fmt: skip
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode:
        sys.exit(f"bench/gpu: flair failed with {result.returncode}: {result.stderr.strip()}")
    return json.loads(result.stdout.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--flair", required=True)
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--batch", type=int, nargs="+", default=[4, 16, 32])
    parser.add_argument("--peer-batch", type=int, default=4)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--margin", type=int, default=128)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--commit", default="")
    parser.add_argument("--results")
    args = parser.parse_args()

    device, gpus = args.device, torch.cuda.device_count()
    name = torch.cuda.get_device_name(device) if device != "cpu" else "no GPU"
    peak = matmul_peak(device)
    sampler = Sampler(device)
    rows = []

    def add(what, precision, batch, measured, gpus=1, busy_of=sampler, agreement=None):
        per_second, start, end = measured
        busy, watts = busy_of.between(start, end)
        share = per_second * FLOP_OF_512 * (args.size / 512) ** 2 / (peak * gpus) if peak else None
        rows.append({"what": what, "precision": precision, "batch": batch, "windows_per_second": per_second, "gpu_busy": busy, "watts": watts,
                     "share_of_matmul": share, "agreement": agreement, "gpus": gpus})  # fmt: skip

    def measure(where, batch, used, gpus):
        found = ours(args, where, batch)
        on = "" if gpus == 1 else f", {gpus} GPUs"
        for part, title in (("network", "flair, network alone"), ("map", "flair, and stitching")):
            figures = found[part]
            measured = figures["windows_per_second"], figures["from"], figures["to"]
            add(title + on, found["precision"], found["batch_size"], measured, gpus, used, found["agreement"])

    for loop in pytorch_loops(args, device):
        add(*loop)
    if device != "cpu":
        torch.cuda.empty_cache()
    for batch in args.batch:
        measure(device, batch, sampler, 1)
    if gpus > 1:
        everything = Sampler("cuda")
        measure("cuda", max(args.batch), everything, gpus)
        everything.stop()
    sampler.stop()

    peer = rows[0]["windows_per_second"]
    print(f"{name}, PyTorch {torch.__version__}, windows of {args.size} px" + (f", {peak / 1e12:.0f} TFLOP/s in a product of 8192 x 8192 in fp16" if peak else ""))
    print(f"{'':38} {'type':9} {'batch':>5} {'windows/s':>10} {'ratio':>7} {'GPU busy':>9} {'of peak':>8} {'agree':>7}")

    def percent(value):
        return "-" if value is None else f"{100 * value:.1f}%"

    for row in rows:
        row["ratio"] = row["windows_per_second"] / peer
        print(f"{row['what']:38} {row['precision']:9} {row['batch']:5} {row['windows_per_second']:10.1f} {row['ratio']:7.2f} {percent(row['gpu_busy']):>9}"
              f" {percent(row['share_of_matmul']):>8} {percent(row['agreement']):>7}")  # fmt: skip
    print("ratio: to PyTorch as flair-detect. GPU busy: share of time with a kernel running (nvidia-smi). of peak: 62.4 GFLOP a window over that product's rate.")
    print("agree: pixels of noise whose class is the CPU's in fp32; the weights are a formula.")

    if args.results:
        path = pathlib.Path(args.results)
        keys = ["date", "commit", "gpu", "gpus", "torch", "what", "precision", "batch", "size", "windows_per_second", "ratio", "gpu_busy", "watts", "share_of_matmul", "agreement"]
        head = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, keys)
            if head:
                writer.writeheader()
            for row in rows:
                known = {"date": datetime.date.today().isoformat(), "commit": args.commit, "gpu": name, "torch": torch.__version__, "size": args.size, **row}
                writer.writerow({key: f"{known[key]:.4g}" if isinstance(known[key], float) else known[key] for key in keys})


main()
