"""Makes crates/domain/data/{zones,areas,countries}.txt.

    pip download --no-deps phonenumbers==9.0.43 && unzip -q phonenumbers-*.whl
    python3 xtask/data/zones.py crates/domain/data

Run by hand when the numbering plans have moved; the result is committed. The tables of `phonenumbers` are
Google's libphonenumber metadata (Apache-2.0); `zone.tab` is of the tz database (public domain).
"""
import collections
import glob
import os
import re
import sys

sys.path.insert(0, ".")
from phonenumbers.geodata.data0 import data as places_0  # noqa: E402
from phonenumbers.tzdata.data0 import data as zones  # noqa: E402

OUT = sys.argv[1]
HEAD = """# {what}
# Made by xtask/data/zones.py from libphonenumber's metadata 9.0.43 (Apache-2.0, (c) Google) and zone.tab of the
# tz database (public domain). Do not edit.
"""
# Digits of a prefix that are kept. Longer ones are folded into these with all their zones: the hours of
# several zones are their intersection, and a shorter prefix tells less of a person.
KEPT = {"1": 4}
KEPT_ELSE = 5

places = dict(places_0)
for path in glob.glob("phonenumbers/geodata/data*.py"):
    name = os.path.basename(path)[:-3]
    places.update(__import__(f"phonenumbers.geodata.{name}", fromlist=["data"]).data)

folded = collections.defaultdict(set)
whole = {str(k): set(v) for k, v in zones.items()}
for prefix, names in whole.items():
    kept = KEPT.get(prefix[0], KEPT_ELSE)
    folded[prefix[:kept]] |= names
    if len(prefix) > kept:
        # What the longer prefix narrowed is still possible for its neighbours.
        for n in range(kept, 0, -1):
            if prefix[:n] in whole:
                folded[prefix[:kept]] |= whole[prefix[:n]] if n > 1 or prefix[0] != "1" else set()
                break
for prefix in sorted(folded, key=len, reverse=True):
    parents = [prefix[:n] for n in range(len(prefix) - 1, 0, -1) if prefix[:n] in folded]
    # Area codes of +1 stay, since the state is known by them.
    if parents and folded[parents[0]] == folded[prefix] and prefix[0] != "1":
        del folded[prefix]

names = sorted({name for each in folded.values() for name in each})
number = {name: n for n, name in enumerate(names)}
with open(f"{OUT}/zones.txt", "w") as out:
    out.write(HEAD.format(what="Time zones by the prefix of a phone number: `zone <name>` in order, then `<prefix> <zones by place in that list>`."))
    for name in names:
        out.write(f"zone {name}\n")
    for prefix in sorted(folded):
        out.write(f"{prefix} {','.join(str(number[n]) for n in sorted(folded[prefix]))}\n")

STATE_NAMES = (
    "Alabama Alaska Arizona Arkansas California Colorado Connecticut Delaware Florida Georgia Hawaii Idaho Illinois "
    "Indiana Iowa Kansas Kentucky Louisiana Maine Maryland Massachusetts Michigan Minnesota Mississippi Missouri "
    "Montana Nebraska Nevada New_Hampshire New_Jersey New_Mexico New_York North_Carolina North_Dakota Ohio Oklahoma "
    "Oregon Pennsylvania Rhode_Island South_Carolina South_Dakota Tennessee Texas Utah Vermont Virginia "
    "Washington_State West_Virginia Wisconsin Wyoming Washington_D.C."
)
STATE_CODES = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR "
    "PA RI SC SD TN TX UT VT VA WA WV WI WY DC"
)
STATES = dict(zip([name.replace("_", " ") for name in STATE_NAMES.split()], STATE_CODES.split()))
areas = collections.defaultdict(set)
unknown = []
for prefix in sorted(p for p in folded if p[0] == "1" and len(p) == 4):
    of = collections.Counter()
    for n in (4, 5, 6, 7):
        for key, text in places.items():
            if str(key).startswith(prefix) and len(str(key)) == n:
                text = text.get("en", "")
                if text in STATES:
                    of[STATES[text]] += 1000
                elif re.search(r", [A-Z]{2}$", text):
                    of[text[-2:]] += 1
    if of and of.most_common(1)[0][0] in STATES.values():
        areas[of.most_common(1)[0][0]].add(prefix[1:])
    else:
        unknown.append(prefix)
with open(f"{OUT}/areas.txt", "w") as out:
    out.write(HEAD.format(what="Area codes of the United States by state."))
    for state in sorted(areas):
        out.write(f"{state} {' '.join(sorted(areas[state]))}\n")

countries = collections.defaultdict(list)
for line in open("/usr/share/zoneinfo/zone.tab"):
    if not line.startswith("#"):
        code, _, name = line.split("\t")[:3]
        countries[code].append(name.strip())
with open(f"{OUT}/countries.txt", "w") as out:
    out.write(HEAD.format(what="Time zones by country, for people whose number says no more."))
    for code in sorted(countries):
        out.write(f"{code} {' '.join(sorted(countries[code]))}\n")
print(len(folded), "prefixes;", sum(map(len, areas.values())), "US areas; not US:", " ".join(unknown))
