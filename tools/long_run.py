"""Train the first GAN of the book five times as long, into a record of its own.

python -m tools.long_run

It runs at the quick profile and on the processor, where the tests repeat the beginning of one run,
and takes more than twenty minutes.
"""

import json

from book import long_run, settings


def main() -> None:
    settings.quick()
    text = json.dumps(long_run.record(), indent=1)
    long_run.RECORD.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
