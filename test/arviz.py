# Opens draws as sdk/src/statistics/arviz.ts says, with the installed ArviZ, and prints its results
# as JSON.
#
#   python3 arviz.py posterior.json      the file
#   python3 arviz.py                     only the version of ArviZ
import json
import math
import sys
import warnings

warnings.filterwarnings("ignore")

# This file's folder comes first in Python's search path, and this file has the library's name.
sys.path.pop(0)

import numpy as np

try:
    import arviz as az
except ImportError:
    # What ArviZ 1 is made of.
    import arviz_base as az


def opened(name):
    if hasattr(az, "from_json"):
        return az.from_json(name)
    content = json.load(open(name))
    groups = {
        group: {variable: np.asarray(values) for variable, values in content.pop(group).items()}
        for group in ("posterior", "sample_stats", "observed_data")
        if group in content
    }
    content["attrs"] = {"/": content["attrs"]}
    return az.from_dict(groups, **content)


def figures(data, name):
    if hasattr(az, "from_json"):
        ess, rhat, mcse = az.ess, az.rhat, az.mcse
        return [
            rhat(data, var_names=name)[name],
            ess(data, var_names=name, method="bulk")[name],
            ess(data, var_names=name, method="tail")[name],
            mcse(data, var_names=name, method="mean")[name],
        ]
    from arviz_stats.base import array_stats as stats

    draws = data["posterior"][name].values
    at = {"chain_axis": 0, "draw_axis": 1}
    return [
        stats.rhat(draws, **at),
        stats.ess(draws, method="bulk", **at),
        stats.ess(draws, method="tail", prob=(0.05, 0.95), **at),
        stats.mcse(draws, method="mean", **at),
    ]


def plain(array):
    """Numbers, but as text what JSON has no number for."""
    values = array.values.ravel().tolist()
    return [x if math.isfinite(x) else str(x) for x in values]


def main():
    if len(sys.argv) == 1:
        print(json.dumps({"version": az.__version__}))
        return
    data = opened(sys.argv[1])
    posterior, statistics = data["posterior"], data["sample_stats"]
    observed = data["observed_data"]
    print(
        json.dumps(
            {
                "figures": [float(figure) for figure in figures(data, "alpha")],
                "dims": {str(name): list(v.dims) for name, v in posterior.data_vars.items()},
                "state": [str(label) for label in posterior["state"].values],
                "path": plain(posterior["path"]),
                "statistics": sorted(str(name) for name in statistics.data_vars),
                "diverging": str(statistics["diverging"].dtype),
                "divergences": int(statistics["diverging"].values.sum()),
                "observed": plain(observed["y"]),
                "library": data.attrs.get("inference_library"),
            }
        )
    )


main()
