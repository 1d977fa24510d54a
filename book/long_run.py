"""The page's first GAN trained five times as long, with plain and with leaky rectifiers.

Ten seeds each, with the loop and the settings of the page and rates that fall to zero at the end.
At four times the live units of the discriminator's hidden layers are counted and the divergence is
measured. That takes more than twenty minutes of a processor, too long for a claim, which the tests
would repeat; so what came of it is a record of its own.
"""

import time

from book import claims, machine, pages, records

PAGE = "tensorflow/first_gan"

RECORD = records.FOLDER / "first_gan_long.json"

ACTIVATIONS = ("relu", "leaky_relu")

LOOKS = (0, 1_000, 5_000, 20_000)


def run(activation: str, seed: int, looks: tuple[int, ...] = LOOKS) -> dict[str, list]:
    """One training: at each look the live units of D's layers, and JS in nats."""
    import tensorflow as tf  # only the processes that train pay for it

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
        seen["js"].append(claims.significant(divergence))
    return seen


def record() -> dict:
    """Run all trainings, in two processes, and return what is kept of them."""
    started = time.perf_counter()
    with claims.workers(2) as pool:
        jobs = {name: [pool.submit(run, name, s) for s in claims.SEEDS] for name in ACTIVATIONS}
        runs = {name: [job.result() for job in submitted] for name, submitted in jobs.items()}
    return {
        "script": "tools/long_run.py",
        "seeds": list(claims.SEEDS),
        "looks": list(LOOKS),
        "runs": runs,
        "seconds": round(time.perf_counter() - started),
        "threads": machine.threads(),
        "versions": machine.versions(),
    }
