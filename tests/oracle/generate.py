#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Random well-typed programs and random histories for them.

    generate.py SEED PROGRAM.weft HISTORY.jsonl [TRANSACTIONS]

The program has some collections and a chain of derivations over them, with every operator of the language that derives rows.
Domains are small, so that keys meet, groups empty, selectors match and conflicts happen. The same seed gives the same
files. The last line printed names the operators used.
"""
import json, random, sys

RECORDS = """record Item { n: Int, t: String }
enum Colour { Red, Green, Blue }
enum Shape { Dot, Circle(Int), Named(String, Int) }
record Flat { k: Int, n: Int, t: String }
record Settings { top: Int, label: String, best: Int? }
fn shape(n: Int, s: String) -> Shape = if n < 1 { Dot } else { if n > 2 { Named(s, n) } else { Circle(n) } }
fn flat(k: Int) -> Flat = { k, n: k * 2, t: "f{k}" }
record Thing {
  k: Int
  g: Int
  v: Int
  s: String
  o: Int?
  b: Bool
  c: Colour
  xs: [Int]
  items: [Item]
  l: Labels
  m: {String: Int}
  sel: Selector absent Nothing
}
param limit: Int = 2
param word: String = "b"
"""
THING = {"k": "Int", "g": "Int", "v": "Int", "s": "String", "o": "Int?", "b": "Bool", "c": "Colour", "xs": "[Int]",
         "items": "[Item]", "l": "Labels", "m": "{String: Int}",
         "sel": "Selector"}


class Table:
    def __init__(self, name, key, columns, conflicting=False):
        self.name, self.key, self.columns, self.conflicting = name, key, columns, conflicting

    def of(self, *types):
        return [c for c, t in self.columns.items() if t in types]

    def ints(self):
        return self.of("Int")


class Generator:
    def __init__(self, seed):
        self.r, self.seed = random.Random(seed), seed
        self.tables, self.singles, self.text, self.used = [], [], [], set()
        self.count = 0
        self.merges = False

    def pick(self, xs):
        return self.r.choice(xs)

    def chance(self, p):
        return self.r.random() < p

    def use(self, *names):
        self.used.update(names)

    # ---- expressions over the variables in scope: {variable: table} ----

    def integer(self, scope, depth=0):
        v = self.pick(list(scope))
        t = scope[v]
        options = [lambda: str(self.r.randint(0, 4))]
        if t.ints():
            options += [lambda: f"{v}.{self.pick(t.ints())}"] * 4
        if t.of("Int?"):
            options.append(lambda: f"({v}.{self.pick(t.of('Int?'))} else {self.r.randint(0, 3)})")
        if t.of("[Int]"):
            options.append(lambda: f"count(e in {v}.{self.pick(t.of('[Int]'))} where e > {self.r.randint(0, 3)})")
        if t.of("{String: Int}"):
            options.append(lambda: self.use("map look-up") or f'({v}.{self.pick(t.of("{String: Int}"))}["{self.pick("pqr")}"] else 1)')
        if t.of("Int?"):
            options.append(lambda: f"sum(e in {v}.{self.pick(t.of('Int?'))} yield e)")
        if t.of("Shape"):
            options.append(lambda: self.use("match with payload") or
                           f"(match {v}.{self.pick(t.of('Shape'))} {{ Dot => {self.r.randint(0, 3)}, Circle(z) => z, Named(z, y) => y + {self.r.randint(0, 2)} }})")
        options.append(lambda: self.use("param") or "limit")
        if self.singles:
            options.append(lambda: self.use("single value read") or self.pick(self.singles))
        if depth < 2:
            options.append(lambda: f"({self.integer(scope, depth + 1)} {self.pick('+-*')} {self.integer(scope, depth + 1)})")
            options.append(lambda: f"(({self.integer(scope, depth + 1)} / {self.integer(scope, depth + 1)}) else 7)")
            options.append(lambda: f"(if {self.condition(scope, depth + 1)} {{ {self.integer(scope, depth + 1)} }} else {{ {self.integer(scope, depth + 1)} }})")
        return self.pick(options)()

    def condition(self, scope, depth=0):
        v = self.pick(list(scope))
        t = scope[v]
        options = [lambda: f"{self.integer(scope, depth + 1)} {self.pick(['<', '<=', '>', '>=', '==', '!='])} {self.integer(scope, depth + 1)}"]
        if t.of("Bool"):
            options.append(lambda: f"{v}.{self.pick(t.of('Bool'))}")
        if t.of("String"):
            options.append(lambda: f'{v}.{self.pick(t.of("String"))} == "{self.pick("abc")}"')
            options.append(lambda: f'{v}.{self.pick(t.of("String"))} == word')
            options.append(lambda: self.use("like") or f'{v}.{self.pick(t.of("String"))} like "*{self.pick("abc")}*"')
        if t.of("Colour"):
            options.append(lambda: f"{v}.{self.pick(t.of('Colour'))} == {self.pick(['Red', 'Green', 'Blue'])}")
        if t.of("[Int]"):
            options.append(lambda: f"{v}.{self.pick(t.of('[Int]'))} contains {self.r.randint(0, 3)}")
            options.append(lambda: f"some(e in {v}.{self.pick(t.of('[Int]'))} where e > {self.r.randint(0, 3)})")
        if t.of("Int?"):
            options.append(lambda: f"some(e in {v}.{self.pick(t.of('Int?'))})")
        if t.of("Selector") and t.of("Labels"):
            options.append(lambda: self.use("selects") or f"{v}.{self.pick(t.of('Selector'))} selects {v}.{self.pick(t.of('Labels'))}")
        if depth < 2:
            options.append(lambda: f"({self.condition(scope, depth + 1)} {self.pick(['and', 'or', 'implies'])} {self.condition(scope, depth + 1)})")
            options.append(lambda: f"not ({self.condition(scope, depth + 1)})")
        return self.pick(options)()

    def quantified(self, scope):
        """A condition with a look-up into some table."""
        v = self.pick(list(scope))
        u = self.pick(self.tables)
        ints = scope[v].ints()
        inside = dict(scope, q=u)
        if len(u.key) == 1 and u.columns[u.key[0]] == "Int" and ints and self.chance(0.4):
            self.use("look-up by full key")
            other = [c for c in u.ints() if c not in u.key]
            if other:
                return f"({u.name}[{v}.{self.pick(ints)}]?.{self.pick(other)} else 2) > {self.r.randint(0, 3)}"
        source = u.name
        by_part = len(u.key) == 2 and u.columns[u.key[0]] == "Int" and ints
        if by_part:
            self.use("look-up by partial key")
            source = f"{u.name}[{v}.{self.pick(ints)}, _]"
        where = f" where {self.condition({'q': u})}" if self.chance(0.5) else ""
        if by_part and self.chance(0.4):
            self.use("correlated condition")
            where = f" where {self.condition(inside)}"
        which = self.pick(["some", "none", "count", "all"])
        self.use(which + " over a table")
        if which == "count":
            return f"count(q in {source}{where}) > {self.r.randint(0, 2)}"
        if which == "all":
            return f"all(q in {source} yield {self.condition({'q': u})})"
        return f"{which}(q in {source}{where})"

    # ---- derivations ----

    def name(self):
        self.count += 1
        return f"d{self.count}"

    def wheres(self, scope):
        out = ""
        if self.chance(0.5):
            out += f"\n  where {self.condition(scope)}"
        if self.chance(0.4):
            out += f"\n  where {self.quantified(scope)}"
        return out

    def carried(self, v, t, taken):
        """Some columns of v to yield: [(name, expression, type)]."""
        names = [c for c in t.columns if c not in taken and not t.columns[c].startswith("Rows")]
        chosen = self.r.sample(names, min(len(names), self.r.randint(1, 5)))
        return [(c, f"{v}.{c}", t.columns[c]) for c in chosen]

    def emit(self, name, key, body, fields, tail="", conflicting=False):
        shown = ", ".join(n if n == e else f"{n}: {e}" for n, e, _ in fields)
        self.text.append(f"derive {name}[{', '.join(key)}] ={body}\n  yield {{ {shown} }}{tail}\n")
        self.tables.append(Table(name, key, {n: t for n, _, t in fields}, conflicting))

    def filter_map(self):
        self.use("filter and map")
        t = self.pick(self.tables)
        fields = [(k, f"a.{k}", t.columns[k]) for k in t.key] + self.carried("a", t, t.key)
        let = ""
        if self.chance(0.5):
            self.use("let")
            let = f"\n  let y = {self.integer({'a': t})}"
            fields.append(("y1", "y", "Int"))
            fields = [f for i, f in enumerate(fields) if f[0] not in [g[0] for g in fields[:i]]]
        body = f"\n  for a in {t.name}" + let + self.wheres({"a": t})
        if let and not any(e == "y" for _, e, _ in fields):
            body += "\n  where y >= 0"
        self.emit(self.name(), t.key, body, fields)

    def join(self):
        t, u = self.pick(self.tables), self.pick(self.tables)
        if t is u:
            self.use("self-join")
        scope = {"a": t, "b": u}
        ta, tu = t.ints(), u.ints()
        if not ta or not tu:
            return
        if len(u.key) == 2 and u.columns[u.key[0]] == "Int" and self.chance(0.5):
            self.use("join by partial key")
            body = f"\n  for a in {t.name}\n  for b in {u.name}[a.{self.pick(ta)}, _]"
        else:
            self.use("join by equality")
            body = f"\n  for a in {t.name}\n  for b in {u.name}\n  where b.{self.pick(tu)} == a.{self.pick(ta)}"
        if t.of("Labels") and u.of("Selector") and self.chance(0.5):
            self.use("selects in a join")
            body += f"\n  where b.{self.pick(u.of('Selector'))} selects a.{self.pick(t.of('Labels'))}"
        fields = [(f"a_{k}", f"a.{k}", t.columns[k]) for k in t.key] + [(f"b_{k}", f"b.{k}", u.columns[k]) for k in u.key]
        key = [f[0] for f in fields]
        fields += [("w", self.integer(scope), "Int")]
        fields += [(f"a_{n}", e, ty) for n, e, ty in self.carried("a", t, t.key)[:2] if not n.startswith("a_")]
        body += self.wheres(scope)
        if len(key) <= 4:
            self.emit(self.name(), key, body, fields)

    def walk(self):
        t = self.pick(self.tables)
        if t.of("[Int]") and self.chance(0.5):
            self.use("walk over a list")
            fields = [(k, f"a.{k}", t.columns[k]) for k in t.key] + [("x", "x", "Int")]
            if any(n == "x" for n, _, _ in fields[:-1]) or len(t.key) > 2:
                return
            key = t.key + ["x"]
            body = f"\n  for a in {t.name}\n  for x in a.{self.pick(t.of('[Int]'))}"
            self.emit(self.name(), key, body, fields + [f for f in self.carried("a", t, key)[:2] if f[0] != "x"])
        elif t.of("[Item]"):
            self.use("walk over records")
            fields = [(k, f"a.{k}", t.columns[k]) for k in t.key] + [("n", "i.n", "Int"), ("t", "i.t", "String")]
            if len({f[0] for f in fields}) < len(fields) or len(t.key) > 2:
                return
            body = f"\n  for a in {t.name}\n  for i in a.{self.pick(t.of('[Item]'))}" + self.wheres({"a": t})
            self.emit(self.name(), t.key + ["n"], body, fields, "\n  on conflict keep first by i.t", True)

    def key_fields(self, t):
        return [(k, f"a.{k}", t.columns[k]) for k in t.key]

    def list_of_rows(self):
        """[q in table yield e]: a list without an order of its own."""
        t, u = self.pick(self.tables), self.pick(self.tables)
        columns = u.of("Int", "String", "Colour", "Bool")
        if not t.ints() or not columns or "zs" in t.key:
            return
        c = self.pick(columns)
        self.use("list from a table")
        source, where = u.name, f" where {self.condition({'q': u})}" if self.chance(0.5) else ""
        if len(u.key) == 2 and self.chance(0.5) and u.columns[u.key[0]] == "Int":
            source = f"{u.name}[a.{self.pick(t.ints())}, _]"
        elif self.chance(0.5):
            source, where = f"scan {u.name}", f" where {self.condition({'q': u, 'a': t})}"
        kind = {"Int": "[Int]", "String": "[String]"}.get(u.columns[c], "Other")
        fields = self.key_fields(t) + [("zs", f"[q in {source}{where} yield q.{c}]", kind)]
        if self.chance(0.5) and u.ints() and "zt" not in t.key:
            self.use("sum over look-ups")
            fields.append(("zt", f"{self.pick(['sum'])}(q in {source}{where} yield q.{self.pick(u.ints())})", "Int"))
        self.emit(self.name(), t.key, f"\n  for a in {t.name}" + self.wheres({"a": t}), fields)

    def texts(self):
        t = self.pick(self.tables)
        if not t.ints() or not t.of("String"):
            return
        self.use("template in a key")
        fields = [("s", f'"{{a.{self.pick(t.of("String"))}}}-{{a.{self.pick(t.ints())}}}"', "String"), ("v", self.integer({"a": t}), "Int")]
        self.emit(self.name(), ["s"], f"\n  for a in {t.name}" + self.wheres({"a": t}), fields,
                  f"\n  on conflict keep {self.pick(['first', 'last'])} by a.{self.pick(t.ints())}", True)

    def shapes(self):
        t = self.pick(self.tables)
        if not t.ints() or not t.of("String") or "h" in t.key:
            return
        self.use("enum with payload")
        fields = self.key_fields(t) + [("h", f'shape({self.integer({"a": t})}, a.{self.pick(t.of("String"))})', "Shape")]
        self.emit(self.name(), t.key, f"\n  for a in {t.name}" + self.wheres({"a": t}), fields)
        self.use("match with payload")
        arms = 'Dot => "dot", Circle(z) => "c{z}", Named(z, y) => "{z}/{y}"'
        made = self.tables[-1]
        self.emit(self.name(), t.key, f"\n  for a in {made.name}", self.key_fields(t) + [("u", f"match a.h {{ {arms} }}", "String")])

    def maps(self):
        t = self.pick(self.tables)
        which = self.pick(["Labels", "{String: Int}"])
        if not t.of(which) or {"w", "x"} & set(t.key) or len(t.key) > 2:
            return
        self.use("walk over " + ("labels" if which == "Labels" else "a map"))
        fields = self.key_fields(t) + [("w", "entry.key", "String"), ("x", "entry.value", "String" if which == "Labels" else "Int")]
        self.emit(self.name(), t.key + ["w"], f"\n  for a in {t.name}\n  for entry in a.{self.pick(t.of(which))}" + self.wheres({"a": t}), fields)

    def optional(self):
        t, u = self.pick(self.tables), self.pick(self.tables)
        form = self.pick(["value", "row", "let"])
        if form == "value":
            t = self.pick([t for t in self.tables if t.of("Int?") and "x" not in t.key])
            self.use("for over an option")
            fields = self.key_fields(t) + [("x", "x", "Int")]
            self.emit(self.name(), t.key, f"\n  for a in {t.name}\n  for x in a.{self.pick(t.of('Int?'))}" + self.wheres({"a": t}), fields)
        elif len(u.key) == 1 and u.columns[u.key[0]] == "Int" and t.ints() and u.ints() and "x" not in t.key:
            self.use("for over a row that may be missing")
            fields = self.key_fields(t) + [("x", f"b.{self.pick(u.ints())}", "Int")]
            source = f"{u.name}[a.{self.pick(t.ints())}]"
            body = f"\n  for a in {t.name}" + (f"\n  let b = {source} else skip" if form == "let" else f"\n  for b in {source}")
            self.emit(self.name(), t.key, body + self.wheres({"a": t, "b": u}), fields)

    def with_(self):
        t = self.pick(self.tables)
        if not t.ints():
            return
        self.use("with")
        name, g = self.name(), self.pick(t.ints())
        self.text.append(f"derive {name}[k]: Flat =\n  for a in {t.name}" + self.wheres({"a": t}) +
                         f"\n  yield flat(a.{g}) with {{ n: {self.integer({'a': t})} }}\n  on conflict keep first by a.{self.pick(t.ints())}\n")
        self.tables.append(Table(name, ["k"], {"k": "Int", "n": "Int", "t": "String"}, True))

    def record(self):
        t, u = self.pick(self.tables), self.pick(self.tables)
        if not t.ints() or not u.ints() or not t.of("Int"):
            return
        self.use("single record")
        name = f"r{len(self.singles) + 1}"
        self.text.append(f'derive {name}: Settings = {{ top: count(a in {t.name}), label: "{{word}}{{limit}}", best: max(a in {u.name} yield a.{self.pick(u.ints())}) }}\n')
        self.singles += [f"{name}.top", f"({name}.best else 3)"]

    def over_single(self):
        if not self.singles:
            return
        self.use("derive over single values")
        name = f"t{len(self.singles) + 1}"
        a, b = self.pick(self.singles), self.pick(self.singles)
        self.text.append(f"derive {name}: Int = {a} {self.pick('+-*')} {b}\n")
        self.singles.append(name)

    def by_ref(self):
        t = self.pick([t for t in self.tables if t.name.startswith("c")])
        self.use("group by ref")
        if not t.ints():
            return
        i = self.pick(t.ints())
        name, second = self.name(), self.name()
        self.text.append(f"derive {name}[r] =\n  for a in {t.name}" + self.wheres({"a": t}) +
                         f"\n  group r = a.id\n  yield {{ r, n: count(), v: max(a.{i}), w: first(a.{i} by a.{self.pick(t.ints())}) }}\n")
        shown = ", ".join(f"{k}: b.{k}" for k in t.key)
        self.text.append(f"derive {second}[{', '.join(t.key)}] =\n  for a in {name}\n  for b in {t.name}[a.r]\n  yield {{ {shown}, x: a.n + b.{i}, y: a.v }}\n")
        self.tables.append(Table(second, t.key, {**{k: "Int" for k in t.key}, "x": "Int", "y": "Int"}))

    def group(self):
        t = self.pick(self.tables)
        ints = t.ints()
        if not ints:
            return
        self.use("group")
        g = self.pick(ints)
        e = lambda: f"a.{self.pick(ints)}"
        options = [("c1", "count()", "Int"), ("s1", f"sum({e()})", "Int"), ("mn", f"min({e()})", "Int"), ("mx", f"max({e()})", "Int"),
                   ("cd", f"count(distinct {e()})", "Int"), ("co", f"collect({e()} by {e()})", "[Int]"),
                   ("fi", f"first({e()} by {e()})", "Int")]
        if t.of("Bool"):
            options += [("so", f"some(a.{self.pick(t.of('Bool'))})", "Bool"), ("no", f"none(a.{self.pick(t.of('Bool'))})", "Bool")]
        if t.of("Int?"):
            o = lambda: f"a.{self.pick(t.of('Int?'))} else skip"
            options += [("os", f"sum({o()})", "Int"), ("on", f"count({o()})", "Int"), ("od", f"count(distinct {o()})", "Int"),
                        ("oc", f"collect({o()} by {e()})", "[Int]"), ("om", f"max({o()})", "Int?"), ("of", f"first({o()} by {e()})", "Int?")]
        chosen = self.r.sample(options, self.r.randint(1, len(options)))
        self.use(*[c[1].split("(")[0] + " of a group" for c in chosen])
        body = f"\n  for a in {t.name}" + self.wheres({"a": t}) + f"\n  group g1 = a.{g}"
        self.emit(self.name(), ["g1"], body, [("g1", "g1", "Int")] + chosen)

    def conflict(self):
        t = self.pick(self.tables)
        ints = t.ints()
        if not ints:
            return
        g = self.pick(ints)
        form = self.pick(["keep first", "keep last", "merge", "reject"])
        if form == "merge":
            self.use("on conflict merge")
            fields = [("g", f"a.{g}", "Int"), ("m", self.integer({"a": t}), "Int")]
            name = self.name()
            if not self.merges:
                self.text.append("record Merged { g: Int, m: Int }\nfn fold(x: Merged, y: Merged) -> Merged = { g: x.g, m: x.m * 3 + y.m }\n")
                self.merges = True
            shown = ", ".join(f"{n}: {e}" for n, e, _ in fields)
            self.text.append(f"derive {name}[g]: Merged =\n  for a in {t.name}" + self.wheres({"a": t}) +
                             f"\n  yield {{ {shown} }}\n  on conflict merge fold\n")
            self.tables.append(Table(name, ["g"], {"g": "Int", "m": "Int"}))
            return
        self.use("on conflict " + form)
        fields = [("g", f"a.{g}", "Int")] + [f for f in self.carried("a", t, ["g"])]
        by = self.pick(ints + t.of("Int?") + t.of("String"))
        tail = "\n  on conflict reject" if form == "reject" else f"\n  on conflict {form} by a.{by}"
        self.emit(self.name(), ["g"], f"\n  for a in {t.name}" + self.wheres({"a": t}), fields, tail, True)

    def union(self):
        t, u = self.pick(self.tables), self.pick(self.tables)
        if not t.ints() or not u.ints():
            return
        self.use("also")
        query = lambda v: f"\n  for a in {v.name}" + self.wheres({"a": v}) + \
            f"\n  yield {{ g: a.{self.pick(v.ints())}, m: {self.integer({'a': v})} }}"
        name = self.name()
        self.text.append(f"derive {name}[g] =" + query(t) + "\n  also" + query(u) + f"\n  on conflict keep {self.pick(['first', 'last'])} by m\n")
        self.tables.append(Table(name, ["g"], {"g": "Int", "m": "Int"}, True))

    def single(self):
        t = self.pick(self.tables)
        name = f"t{len(self.singles) + 1}"
        where = f" where {self.condition({'a': t})}" if self.chance(0.5) else ""
        if t.ints() and self.chance(0.5):
            value = f"sum(a in {t.name}{where} yield a.{self.pick(t.ints())})"
        else:
            value = f"count(a in {t.name}{where})"
        self.use("single value")
        self.text.append(f"derive {name}: Int = {value}\n")
        self.singles.append(name)

    def losers(self):
        found = [t for t in self.tables if t.conflicting]
        if not found:
            return
        t = self.pick(found)
        self.use("conflicts(c)")
        ints = t.ints()
        body = f"\n  for a in conflicts({t.name})\n  group g1 = a.{self.pick(ints)}"
        self.emit(self.name(), ["g1"], body, [("g1", "g1", "Int"), ("c1", "count()", "Int")])

    def reference(self):
        t, u = self.tables[0], self.pick(self.tables)
        self.use("ref")
        first, second = self.name(), self.name()
        if len(t.key) != 1 or t.columns[t.key[0]] != "Int":
            return
        self.text.append(f"derive {first}[k, r] =\n  for a in {t.name}\n  yield {{ k: a.{t.key[0]}, r: a.id, z: a.{self.pick(t.ints())} }}\n")
        self.text.append(f"derive {second}[k] =\n  for a in {first}\n  let b = {t.name}[a.r] else skip\n  yield {{ k: a.k, v: b.{self.pick(t.ints())}, z: a.z }}\n  on conflict keep first by b.{t.key[0]}\n")
        self.tables.append(Table(second, ["k"], {"k": "Int", "v": "Int", "z": "Int"}, True))

    def program(self):
        for i in range(self.r.randint(2, 3)):
            key = self.pick([["k"], ["g", "k"]])
            self.text.append(f"extern collection c{i}[{', '.join(key)}]: Thing\n")
            self.tables.append(Table(f"c{i}", key, dict(THING)))
        kinds = [self.filter_map, self.join, self.join, self.walk, self.group, self.group, self.conflict, self.conflict,
                 self.union, self.single, self.losers, self.reference, self.list_of_rows, self.texts, self.shapes, self.maps,
                 self.optional, self.with_, self.record, self.over_single, self.by_ref]
        for i in range(3):  # so that some programs have every one
            kinds[(self.seed * 3 + i) % len(kinds)]()
        wanted = self.r.randint(6, 12)
        tries = 0
        while self.count < wanted and tries < 60:
            tries += 1
            self.pick(kinds)()
        return RECORDS + "\n" + "\n".join(self.text)

    # ---- histories ----

    def thing(self, k, g):
        r = self.r
        row = {"k": k, "g": g, "v": r.randint(0, 4), "s": self.pick(["a", "ab", "b", "bc", "c"]), "b": self.chance(0.5),
               "c": self.pick(["Red", "Green", "Blue"]), "xs": [r.randint(0, 4) for _ in range(r.randint(0, 4))],
               "items": [{"n": r.randint(0, 2), "t": self.pick("xyz")} for _ in range(r.randint(0, 3))],
               "l": {x: self.pick("12") for x in r.sample("pqr", r.randint(0, 3))},
               "m": {x: r.randint(0, 4) for x in r.sample("pqr", r.randint(0, 3))}}
        if self.chance(0.6):
            row["o"] = r.randint(0, 3)
        if self.chance(0.7):
            sel = {}
            if self.chance(0.6):
                sel["matchLabels"] = {self.pick("pqr"): self.pick("12")}
            if self.chance(0.5):
                op = self.pick(["In", "NotIn", "Exists", "DoesNotExist"])
                e = {"key": self.pick("pqr"), "operator": op}
                if op in ("In", "NotIn"):
                    e["values"] = r.sample("12", r.randint(1, 2))
                sel["matchExpressions"] = [e]
            row["sel"] = sel
        return row

    def history(self, transactions):
        collections = [t for t in self.tables if t.name.startswith("c")]
        out = []
        for _ in range(transactions):
            for _ in range(self.pick([1, 1, 1, 2, 3, 8])):
                t = self.pick(collections)
                k, g = self.r.randint(0, 6), self.r.randint(0, 3)
                if self.chance(0.3):
                    out.append({"delete": t.name, "row": {"k": k, "g": g}})
                else:
                    out.append({"put": t.name, "row": self.thing(k, g)})
            out.append({"rollback" if self.chance(0.08) else "commit": True})
        for t in collections:  # and at the end nothing is left
            for k in range(7):
                for g in range(4):
                    out.append({"delete": t.name, "row": {"k": k, "g": g}})
        out.append({"commit": True})
        return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in out)


def main():
    seed, program, history = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    g = Generator(seed)
    open(program, "w").write(g.program())
    open(history, "w").write(g.history(int(sys.argv[4]) if len(sys.argv) > 4 else 30))
    print(";".join(sorted(g.used)))


main()
