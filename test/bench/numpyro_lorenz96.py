# Draws from the posterior of test/bench/numpyro.ts, exp(-A) of a Lorenz96 path and its forcing, by
# NumPyro's NUTS in float64.
#
#   python3 numpyro_lorenz96.py version
#   python3 numpyro_lorenz96.py FOLDER density
#       prints the log density of the paths in FOLDER/points.npy
#   python3 numpyro_lorenz96.py FOLDER diagonal|dense WARMUP DRAWS
#       writes draws into FOLDER/draws.npy, and prints JSON with seconds
#
# FOLDER/problem.json describes the posterior. FOLDER/points.npy has unknowns (path, then forcing),
# one row each; chains begin at the first.
import json
import os
import sys
import time

# One thread, as the other side has; read when JAX is loaded.
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
from numpyro.infer import MCMC, NUTS

if sys.argv[1] == "version":
    print(json.dumps({"numpyro": numpyro.__version__, "jax": jax.__version__}))
    sys.exit()
jax.config.update("jax_enable_x64", True)

folder = sys.argv[1]
with open(os.path.join(folder, "problem.json")) as file:
    problem = json.load(file)
points, dimension = problem["points"], problem["dimension"]
observed = jnp.array(problem["observed"])
data = jnp.array(problem["values"]).reshape(points, -1)
h = problem["timeStep"]
starts = np.load(os.path.join(folder, "points.npy"))


def flow(x, forcing):
    return (jnp.roll(x, -1, 1) - jnp.roll(x, 2, 1)) * jnp.roll(x, 1, 1) - x + forcing


def rk4(x, forcing):
    k1 = flow(x, forcing)
    k2 = flow(x + 0.5 * h * k1, forcing)
    k3 = flow(x + 0.5 * h * k2, forcing)
    k4 = flow(x + h * k3, forcing)
    return x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def potential(z):
    path, forcing = z[:-1].reshape(points, dimension), z[-1]
    errors = path[:, observed] - data
    residuals = path[1:] - rk4(path[:-1], forcing)
    r_m, r_f = problem["measurementPrecision"], problem["modelPrecision"]
    return 0.5 * r_m * jnp.sum(errors**2) + 0.5 * r_f * jnp.sum(residuals**2)


def seconds(f):
    """Processor time: what else the machine does is not counted."""
    start = time.process_time()
    result = jax.block_until_ready(f())
    return time.process_time() - start, result


def main():
    if sys.argv[2] == "density":
        print(json.dumps({"logDensity": [-float(potential(jnp.array(z))) for z in starts]}))
        return
    start = jnp.array(starts[0])
    warmup, draws = int(sys.argv[3]), int(sys.argv[4])
    dense = sys.argv[2] == "dense"
    metric = None
    for_metric = 0.0
    if dense:
        # The covariance of Laplace's method, the best that a constant dense metric can be given.
        for_metric, metric = seconds(lambda: jnp.linalg.inv(jax.hessian(potential)(start)))
        metric = 0.5 * (metric + metric.T)
    kernel = NUTS(
        potential_fn=potential,
        dense_mass=dense,
        inverse_mass_matrix=metric,
        adapt_mass_matrix=not dense,
        step_size=0.1,
    )
    fields = ("num_steps", "diverging")
    mcmc = MCMC(kernel, num_warmup=warmup, num_samples=draws, progress_bar=False)
    key = jax.random.PRNGKey(1)

    def warm():
        mcmc.warmup(key, init_params=start, extra_fields=fields)
        return mcmc.last_state

    def sample():
        mcmc.post_warmup_state = warmed
        mcmc.run(warmed.rng_key, extra_fields=fields)
        return mcmc.get_samples()

    # Everything twice: the first time with compiling, the second time the same without.
    first_warmup, warmed = seconds(warm)
    warming, warmed = seconds(warm)
    first_draws, _ = seconds(sample)
    sampling, result = seconds(sample)
    extra = mcmc.get_extra_fields()
    np.save(os.path.join(folder, "draws.npy"), np.asarray(result, dtype=np.float64))
    print(
        json.dumps(
            {
                "compiling": first_warmup - warming + first_draws - sampling,
                "warmup": for_metric + warming,
                "sampling": sampling,
                "steps": int(np.sum(np.asarray(extra["num_steps"]))),
                "divergences": int(np.sum(np.asarray(extra["diverging"]))),
            }
        )
    )


main()
