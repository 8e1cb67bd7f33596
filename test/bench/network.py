# The action of a network with its gradient in NumPy, for the problems of test/bench/networks.ts.
# Prints the time of a call in microseconds, or the computed values, as JSON.
#
#   python3 network.py 784,30,10 100 softmax          the time
#   python3 network.py 784,30,10 100 softmax values   the action and its gradient
import json
import sys
import time

import numpy as np


def numbers(count):
    return 0.5 + 0.5 * np.sin(0.7 * np.arange(count))


class Network:
    def __init__(self, widths, pairs, last):
        self.last = last
        self.model_precision = 1e3
        sizes = [pairs * width for width in widths]
        weights = [(a + 1) * b for a, b in zip(widths, widths[1:])]
        unknowns = numbers(sum(sizes) + sum(weights))
        unknowns[sum(sizes) :] = 0.2 * unknowns[sum(sizes) :] - 0.1
        self.x, self.w, self.b = [], [], []
        start = 0
        for width, size in zip(widths, sizes):
            self.x.append(unknowns[start : start + size].reshape(pairs, width))
            start += size
        for a, b in zip(widths, widths[1:]):
            self.w.append(unknowns[start : start + a * b].reshape(b, a))
            self.b.append(unknowns[start + a * b : start + (a + 1) * b])
            start += (a + 1) * b
        self.inputs = numbers(sizes[0]).reshape(pairs, -1)
        self.outputs = numbers(sizes[-1]).reshape(pairs, -1)
        self.measured = sizes[0] + sizes[-1]
        self.residuals = sum(sizes[1:])

    def gradient(self):
        x, w, b = self.x, self.w, self.b
        errors = [x[0] - self.inputs, x[-1] - self.outputs]
        action = sum(np.vdot(error, error) for error in errors) / self.measured
        dx = [None] * len(x)
        dx[0] = errors[0] * (2.0 / self.measured)
        last = errors[1] * (2.0 / self.measured)
        dw, db = [], []
        weight = 2.0 * self.model_precision / self.residuals
        squares = 0.0
        for l in range(len(w)):
            z = x[l] @ w[l].T
            z += b[l]
            softmax = self.last == "softmax" and l == len(w) - 1
            if softmax:
                z -= z.max(axis=1, keepdims=True)
                f = np.exp(z, out=z)
                f /= f.sum(axis=1, keepdims=True)
            else:
                np.negative(z, out=z)
                np.exp(z, out=z)
                z += 1.0
                f = np.reciprocal(z, out=z)
            r = x[l + 1] - f
            squares += np.vdot(r, r)
            r *= weight
            dx[l + 1] = r
            if softmax:
                along = f * ((r * f).sum(axis=1, keepdims=True) - r)
            else:
                along = f * (f - 1.0)
                along *= r
            dx[l] += along @ w[l]
            dw.append(along.T @ x[l])
            db.append(along.sum(axis=0))
        dx[-1] += last
        action += self.model_precision / self.residuals * squares
        return action, dx, dw, db


widths = [int(width) for width in sys.argv[1].split(",")]
network = Network(widths, int(sys.argv[2]), sys.argv[3])
action, dx, dw, db = network.gradient()
if len(sys.argv) > 4:
    parts = [*dx, *(part for pair in zip(dw, db) for part in pair)]
    gradient = np.concatenate([part.ravel() for part in parts])
    values = {"action": float(action), "gradient": gradient.tolist(), "numpy": np.__version__}
    print(json.dumps(values))
else:
    start = time.perf_counter()
    network.gradient()
    calls = int(min(max(2e-3 / (time.perf_counter() - start), 1), 200))
    times = []
    for _ in range(51):
        start = time.perf_counter()
        for _ in range(calls):
            network.gradient()
        times.append((time.perf_counter() - start) / calls)
    print(json.dumps({"time": sorted(times)[25] * 1e6}))
