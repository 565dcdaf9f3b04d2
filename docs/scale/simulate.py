#!/usr/bin/env python3
"""What a million logs take: memory of NATS, rows of the catalog, requests and money of S3.

    docs/scale/simulate.py            prints the tables
    docs/scale/simulate.py --check    compares them with those in docs/scale.md
    docs/scale/simulate.py --update   writes them there

The archiver's day is simulated for a sample of the logs of one shard: events come at random, the
archiver cuts segments, and blocks are merged. What the sample needs is scaled to all logs. Same
input, same output, whatever the machine. The constants below were measured by `measure.py` or are
list prices; everything that is assumed stands among them too.
"""

import math
import random
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "scale.md"
BEGIN, END = "<!-- begin: written by simulate.py -->", "<!-- end -->"

LOGS = 1_000_000
SHARDS = 16
DAY = 86_400
MONTH_DAYS = 30
SAMPLE = 200

# The archiver: what cuts a segment, how many blocks are merged into one, how large the segments
# are that merging writes and the largest block, what a block takes in a segment's index, and how
# often blocks are merged.
CUT_EVENTS = 10_000
CUT_SECONDS = 30
MERGE = 16
MERGED_SEGMENT_BYTES = 32 << 20
BLOCK_BYTES_TARGET = 4 << 20
INDEX_ENTRY_BYTES = 112
MERGE_SECONDS = 3_600
HOT_SECONDS = 3_600
BACKUPS_A_DAY = 4
COLLECTIONS_A_DAY = 24
KEYS_A_LISTING = 1_000

# Measured. Bytes that an event takes in a compressed block, by the events in it.
EVENT_BYTES = 200
FRAME_BYTES = 312
PACKED = [(1, 165), (6, 66), (20, 44), (100, 34), (1_000, 35), (10_000, 34)]
NATS_BYTES_A_LOG = 1_100
NATS_BYTES_A_HOT_FRAME = 125
# What the server keeps at hand of frames that just came, for some minutes.
NATS_BYTES_AT_HAND = 800e6
NATS_DISK_A_FRAME = 430
BLOCK_ROW_BYTES = 305
SEGMENT_ROW_BYTES = 116
LOG_ROWS_BYTES = 227 + 344

# S3 standard, us-east-1. Deletions are free.
PUT_PRICE = 0.005 / 1_000
GET_PRICE = 0.000_4 / 1_000
LIST_PRICE = 0.005 / 1_000
GB_MONTH_PRICE = 0.023

CASES = [
    ("1 %, 1 event in 5 min", 0.01, 1 / 300),
    ("1 %, 1 event in 10 s", 0.01, 1 / 10),
    ("10 %, 1 event in 5 min", 0.10, 1 / 300),
    ("10 %, 1 event in 10 s", 0.10, 1 / 10),
]


class Case:
    """A share of the logs that is active, each at a rate of events per second."""

    def __init__(self, name, share, rate):
        self.name = name
        self.logs = int(LOGS * share)
        self.rate = rate
        self.events_a_second = self.logs * rate
        self.cut_seconds = min(CUT_SECONDS, CUT_EVENTS / (self.events_a_second / SHARDS))
        self.segments_a_day = SHARDS * DAY / self.cut_seconds
        self.simulate()

    def simulate(self):
        """A day of a sample of logs: which cuts hold a block of each, and with how many events. The
        other days of the month are as the first."""
        chance = random.Random(f"{self.logs} {self.rate}")
        cuts = int(DAY / self.cut_seconds)
        scale = self.logs / SAMPLE
        self.blocks_a_day = self.packed_bytes_a_day = self.rows_day = self.rows_month = 0.0
        self.merges_a_month = self.merged_bytes_a_month = self.settled_bytes = 0.0
        for _ in range(SAMPLE):
            drawn = (poisson(chance, self.rate * self.cut_seconds) for _ in range(cuts))
            blocks = [events for events in drawn if events]
            mean = sum(blocks) / max(1, len(blocks))
            self.blocks_a_day += len(blocks) * scale
            self.packed_bytes_a_day += sum(map(block_bytes, blocks)) * scale
            left, _ = merged(len(blocks), mean)
            self.rows_day += sum(count for count, _ in left) * scale
            left, made = merged(len(blocks) * MONTH_DAYS, mean)
            self.rows_month += sum(count for count, _ in left) * scale
            self.settled_bytes += sum(count * block_bytes(events) for count, events in left) * scale
            self.merges_a_month += sum(count for count, _ in made) * scale
            written = sum(count * block_bytes(events) for count, events in made)
            self.merged_bytes_a_month += written * scale

    def segment_rows(self):
        """Segments that hold a living block: those of the cuts that no log has merged yet, and what
        merging wrote."""
        blocks_a_cut = 1 - math.exp(-self.rate * self.cut_seconds)
        waiting = SHARDS * (MERGE / blocks_a_cut + MERGE_SECONDS / self.cut_seconds)
        return waiting + self.merge_puts()

    def blocks_waiting(self):
        return self.blocks_a_day / DAY * MERGE_SECONDS

    def merge_puts(self):
        """A month's segments of merged blocks: a full one, or what there is when merging ends."""
        runs = SHARDS * MONTH_DAYS * DAY / MERGE_SECONDS
        return runs * math.ceil(self.merged_bytes_a_month / runs / MERGED_SEGMENT_BYTES)

    def backup_bytes(self):
        hot = LOGS + self.events_a_second * HOT_SECONDS
        rows = self.rows_month * BLOCK_ROW_BYTES + LOGS * LOG_ROWS_BYTES
        return hot * FRAME_BYTES + rows


def poisson(chance, mean):
    """How many events come in a stretch of time."""
    limit, product, events = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        events += 1
    return events


def block_bytes(events):
    """What a block takes in its segment, with its entry in the index; between what was measured."""
    for (few, more), (many, less) in zip(PACKED, PACKED[1:]):
        if events <= many:
            part = math.log(events / few) / math.log(many / few)
            return events * (more + (less - more) * part) + INDEX_ENTRY_BYTES
    return events * PACKED[-1][1] + INDEX_ENTRY_BYTES


def merged(blocks, events):
    """So many blocks of so many events, once each 16 of a level became one of the next. Returns the
    blocks that are left and those that were written, each as a list of (count, events in one)."""
    left, made = [], []
    while blocks:
        if blocks < MERGE or events * MERGE * (EVENT_BYTES + 4) > BLOCK_BYTES_TARGET:
            left.append((blocks, events))
            break
        left.append((blocks % MERGE, events))
        blocks //= MERGE
        events *= MERGE
        made.append((blocks, events))
    return left, made


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    lines += ["| " + " | ".join(cells) + " |" for cells in rows]
    return "\n".join(lines)


def number(value):
    """A whole number of three digits: the model is no better than that."""
    if value < 1_000:
        return f"{value:.0f}"
    digits = len(str(int(value)))
    return f"{round(value, 3 - digits):,.0f}"


def gigabytes(value):
    return f"{value / 1e9:,.1f} GB"


def dollars(value):
    return f"${value:,.2f}" if value < 100 else f"${value:,.0f}"


def rows_of(cases, *lines):
    return [[label] + [tell(case) for case in cases] for label, tell in lines]


def event_log(cases):
    hot = lambda case: case.events_a_second * HOT_SECONDS
    memory = lambda case: (
        NATS_BYTES_AT_HAND + LOGS * NATS_BYTES_A_LOG + hot(case) * NATS_BYTES_A_HOT_FRAME
    )
    return rows_of(
        cases,
        ("events a second", lambda case: number(case.events_a_second)),
        ("events a day", lambda case: number(case.events_a_second * DAY)),
        ("frames of the last hour", lambda case: number(hot(case))),
        ("memory of each NATS server", lambda case: gigabytes(memory(case))),
        ("disk of each NATS server", lambda case: gigabytes((LOGS + hot(case)) * NATS_DISK_A_FRAME)),
    )


def catalog(cases):
    size = lambda rows: gigabytes(rows * BLOCK_ROW_BYTES)
    return rows_of(
        cases,
        ("a segment is cut every", lambda case: f"{case.cut_seconds:.0f} s"),
        ("segments a day", lambda case: number(case.segments_a_day)),
        ("blocks a day", lambda case: number(case.blocks_a_day)),
        ("blocks a second", lambda case: number(case.blocks_a_day / DAY)),
        ("rows after a day, not merged", lambda case: number(case.blocks_a_day)),
        ("rows after a day, merged", lambda case: number(case.rows_day)),
        ("rows after 30 days, not merged", lambda case: number(case.blocks_a_day * MONTH_DAYS)),
        ("rows after 30 days, merged", lambda case: number(case.rows_month)),
        ("rows of an active log then", lambda case: f"{case.rows_month / case.logs:.0f}"),
        ("their size, not merged", lambda case: size(case.blocks_a_day * MONTH_DAYS)),
        ("their size, merged", lambda case: size(case.rows_month)),
        ("rows more, shortly before blocks are merged", lambda case: number(case.blocks_waiting())),
        ("rows of segments then", lambda case: number(case.segment_rows())),
        ("their size", lambda case: f"{case.segment_rows() * SEGMENT_ROW_BYTES / 1e6:.0f} MB"),
        ("rows of logs and their events", lambda case: gigabytes(LOGS * LOG_ROWS_BYTES)),
    )


def requests(case):
    """A month's requests by what they are for."""
    objects = case.segment_rows()
    return {
        "cut": case.segments_a_day * MONTH_DAYS,
        "merge": case.merge_puts(),
        "backup": BACKUPS_A_DAY * MONTH_DAYS * math.ceil(case.backup_bytes() / MERGED_SEGMENT_BYTES),
        "read_segments": case.segments_a_day * MONTH_DAYS + case.merge_puts(),
        "read_blocks": case.merges_a_month * MERGE,
        "load": case.logs * MONTH_DAYS * case.rows_month / case.logs,
        "list": COLLECTIONS_A_DAY * MONTH_DAYS * math.ceil(objects / KEYS_A_LISTING),
        "delete": case.segments_a_day * MONTH_DAYS + case.merge_puts(),
    }


def bill(case):
    counts = requests(case)
    puts = counts["cut"] + counts["merge"] + counts["backup"]
    stored = case.settled_bytes + 2 * case.backup_bytes()
    return {
        "put": puts * PUT_PRICE,
        "get": counts["read_segments"] * GET_PRICE,
        "load": counts["load"] * GET_PRICE,
        "list": counts["list"] * LIST_PRICE,
        "storage": stored / 1e9 * GB_MONTH_PRICE,
        "get_blocks": counts["read_blocks"] * GET_PRICE,
        "object_a_log": case.blocks_a_day * MONTH_DAYS * PUT_PRICE,
    }


def object_store(cases):
    count = lambda key: lambda case: number(requests(case)[key])
    return rows_of(
        cases,
        ("PUT: segments cut", count("cut")),
        ("PUT: segments merged", count("merge")),
        ("PUT: backups", count("backup")),
        ("GET: merging, segments read whole", count("read_segments")),
        ("GET: merging, if each block were read alone", count("read_blocks")),
        ("GET: each active log is read once a day from its beginning", count("load")),
        ("LIST", count("list")),
        ("DELETE", count("delete")),
        ("raw bytes", lambda case: gigabytes(case.events_a_second * DAY * MONTH_DAYS * EVENT_BYTES)),
        ("stored, not merged", lambda case: gigabytes(case.packed_bytes_a_day * MONTH_DAYS)),
        ("stored, merged", lambda case: gigabytes(case.settled_bytes)),
        ("two backups", lambda case: gigabytes(2 * case.backup_bytes())),
    )


def money(cases):
    price = lambda key: lambda case: dollars(bill(case)[key])
    total = ("put", "get", "load", "list", "storage")
    return rows_of(
        cases,
        ("PUT", price("put")),
        ("GET by merging", price("get")),
        ("GET by reading", price("load")),
        ("LIST", price("list")),
        ("storage, once the month is full", price("storage")),
        ("**together**", lambda case: dollars(sum(bill(case)[key] for key in total))),
        ("GET by merging, if each block were read alone", price("get_blocks")),
        ("PUT, if each log had objects of its own", price("object_a_log")),
    )


def page():
    cases = [Case(*case) for case in CASES]
    names = [case.name for case in cases]
    parts = [
        ("The event log", event_log(cases)),
        ("The catalog", catalog(cases)),
        ("The object store, a month", object_store(cases)),
        ("Its price, a month", money(cases)),
    ]
    return "\n\n".join(f"### {title}\n\n" + table([""] + names, rows) for title, rows in parts)


def main():
    written = page()
    if sys.argv[1:] == []:
        print(written)
        return
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    renewed = f"{before}{BEGIN}\n\n{written}\n\n{END}{after}"
    if sys.argv[1:] == ["--update"]:
        PAGE.write_text(renewed)
    elif sys.argv[1:] == ["--check"]:
        if text != renewed:
            sys.exit("docs/scale.md differs from what docs/scale/simulate.py says; run it with --update")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
