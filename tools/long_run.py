"""Train the page's first GAN five times as long, with plain and with leaky rectifiers.

python -m tools.long_run

Ten seeds each, with the loop and the settings of the page and rates that fall to zero at the end.
At four times the live units of the discriminator's hidden layers are counted and the divergence is
measured. That takes more than twenty minutes of a processor, too long for a claim, which the tests
would repeat; so the record, chapters/first_gan_long.json, travels with the ledger.
"""

import json
import time

import tensorflow as tf

from tests import pages
from tests.claims import registry
from tools import machine

PAGE = "tensorflow/first_gan"

RECORD = pages.CHAPTERS / "first_gan_long.json"

ACTIVATIONS = ("relu", "leaky_relu")

LOOKS = (0, 1_000, 5_000, 20_000)


def run(activation: str, seed: int, looks: tuple[int, ...] = LOOKS) -> dict[str, list]:
    """One training: at each look the live units of D's layers, and JS in nats."""
    page = pages.definitions(PAGE)
    players = page["make_players"](seed, activation=activation, decay=LOOKS[-1])
    loop = page["compiled_loop"](players, seed)
    seen: dict[str, list] = {"live_units": [], "js": []}
    taken = 0
    for look in looks:
        if look > taken:
            loop(tf.constant(taken), tf.constant(look - taken))
            taken = look
        seen["live_units"].append(page["live_units"](players.discriminator))
        divergence = page["binned_js"](page["generated"](players.generator))
        seen["js"].append(registry.significant(divergence))
    return seen


def main() -> None:
    started = time.perf_counter()
    with registry.workers() as pool:
        jobs = {name: [pool.submit(run, name, s) for s in registry.SEEDS] for name in ACTIVATIONS}
        runs = {name: [job.result() for job in submitted] for name, submitted in jobs.items()}
    record = {
        "script": "tools/long_run.py",
        "seeds": list(registry.SEEDS),
        "looks": list(LOOKS),
        "runs": runs,
        "seconds": round(time.perf_counter() - started),
        "threads": machine.threads(),
        "versions": registry.versions(),
    }
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
