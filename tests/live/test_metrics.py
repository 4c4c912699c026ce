#!/usr/bin/python3
"""What operators see: /metrics by the strict rules of OpenMetrics, the alerts, the dashboard by a real Prometheus, traces, and
the log.

Ends with "N passed, N failed".
"""
import collections
import json
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request

import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families

import world as w
from ports import free_port

POLICY = """workspace: desk
last_resort: dana
default_team: front
channels:
  mail: { weight: 1, accept: auto, answer: spoken, address: help@example.com }
  slow: { weight: 1, answer: spoken }
people:
  ada: { name: Ada L., capacity: 1000, ways: [{ log: ada }] }
  dana: { name: Dana R., ways: [{ log: dana }] }
teams:
  front: { lead: dana, members: [ada] }
promises:
  - { when: { channel: slow }, first_response: 1s }
settings: { presence: 1h }
"""
PROMETHEUS = os.path.join(w.ROOT, "deploy/prometheus")
DASHBOARD = os.path.join(w.ROOT, "deploy/grafana/buckstop.json")
AUTOSCALE = os.path.join(w.ROOT, "deploy/kubernetes/autoscale.yaml")
OF_A_POD = {"overrides": {word: {"resource": word} for word in ("namespace", "pod")}}
DEMO, DEMO_POLICY = (os.path.join(w.ROOT, "deploy", *path) for path in (("demo", "play.py"), ("policies", "demo.yaml")))
NAME = re.compile(r"\b(?:buckstop|process)_[a-z_]+")
ENDS = ("_total", "_info", "_bucket", "_sum", "_count")


def families(service):
    return list(text_string_to_metric_families(service.ask("/metrics").body.decode()))


def page():
    """The names of METRICS.md, with who shows them."""
    rows = {}
    with open(PROMETHEUS + "/METRICS.md", encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) > 5 and cells[1].startswith("`"):
                rows[cells[1].strip("`")] = (cells[2], cells[4])
    return rows


def family_of(name, rows):
    """As the page has it: a sample's name, or a histogram's."""
    for end in ("",) + ENDS:
        bare = name[:-len(end)] if end and name.endswith(end) else name
        for shown in (bare, bare + "_total", bare + "_info"):
            if shown in rows and (end or shown == name):
                return shown
    return None


def all_services(stack, policy=POLICY, **options):
    """With those that nobody needs for a contact's life."""
    world = w.open_world(stack, policy, options={"intake": ["--lmtp", "127.0.0.1:0"], **options})
    os.mkdir(world.dir + "/archive")
    world.options["archive"] = ["--dir", world.dir + "/archive"]
    world.add("archive")
    world.add("console")
    return world


def some_life(world):
    """Accepted, offered, owned, broken, climbed."""
    world.present("ada")
    kept = world.submit("mail", subject="kept")
    w.until("it is owned", lambda: world.view(kept).get("owner") == "ada", 10)
    assert world.act(kept, "reply", "ada", text="here you are").status == 200
    for n in range(3):
        world.submit("slow", key=f"slow-{n}", subject="late")
    w.until("promises break", lambda: sum(one.metric("buckstop_firings_total") for one in world.of("escalation")) >= 3, 20)


def counted(world, name, at_least=1):
    w.until(name, lambda: world["escalation"].metric(name) >= at_least, 30)


# ---- what is shown


def every_service_speaks_strictly(stack):
    world = all_services(stack)
    some_life(world)
    rows = page()
    for service in world.services.values():
        answer = service.ask("/metrics")
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0"), answer.headers
        found = families(service)
        names = [family.name for family in found]
        assert len(names) == len(set(names)), names
        for family in found:
            shown = family_of(family.name, rows)
            assert shown, f"{service.name} shows {family.name}, which the table does not name"
            kind, by = rows[shown]
            assert family.type == kind and (by == "all" or service.kind in by), (service.name, family.name, kind, by)
            assert family.documentation, f"{family.name} says nothing of itself"
            assert not family.unit or family.name.endswith("_" + family.unit), family
            for sample in family.samples:
                assert len(sample.labels) <= 2 + (kind == "histogram"), sample


def nothing_of_the_table_is_missing(stack):
    """Each service shows what the table says that it does; but for what is only said once it is known."""
    later = {"buckstop_promises_unaccounted"}  # once the store was quiet for a walk
    world = all_services(stack)
    some_life(world)
    counted(world, "buckstop_promises_opened_total")
    w.until("a walk and a round", lambda: all(
        name in world["escalation"].ask("/metrics").body.decode()
        for name in ("buckstop_contacts{", "buckstop_audit_violations ")), 60)
    w.until("the outbox is counted", lambda: "buckstop_outbox_depth" in world["notification"].ask("/metrics").body.decode())

    def missing():
        shown = {service.kind: {family.name for family in families(service)} for service in world.services.values()}
        return [f"{kind}: {name}" for name, (_, by) in page().items() for kind, names in shown.items()
                if name not in later and re.sub("_(total|info)$", "", name) not in names and (by == "all" or kind in by)]

    w.until(lambda: f"all is shown but {missing()}", lambda: not missing(), 30)


def every_name_in_the_code_is_in_the_table(_stack):
    rows = {re.sub("_(total|info)$", "", name.removeprefix("buckstop_")) for name in page()}
    pattern = re.compile(r'metric_(?:add|set|raise|observe|head|print)\s*\((?:out, )?"([a-z_]+)"')
    unknown = []
    for folder in ("common", "services"):
        for path, _, files in os.walk(os.path.join(w.ROOT, folder)):
            for file in files:
                if file.endswith(".c"):
                    with open(os.path.join(path, file), encoding="utf-8") as text:
                        unknown += [f"{file}: {name}" for name in pattern.findall(text.read()) if name not in rows]
    assert not unknown, f"no row in metric_table.c: {unknown}"


def accounts(escalation):
    """Of one moment, once nothing is unaccounted for: opened, kept, broken, released."""
    shown = dict(re.findall(r"^buckstop_promises_(\w+) (\d+)$", escalation.ask("/metrics").body.decode(), re.M))
    if shown.get("unaccounted") != "0":
        return None
    opened, kept, broken, released = (int(shown[word + "_total"]) for word in ("opened", "kept", "broken", "released"))
    return opened == int(shown["pending"]) + kept + broken + released and (opened, kept, broken, released)


def law_two_holds_over_the_whole_store(stack):
    world = w.open_world(stack, POLICY)
    some_life(world)
    escalation = world["escalation"]
    w.until("all are counted", lambda: escalation.metric("buckstop_promises_broken_total") >= 3, 30)
    opened, kept, broken, released = w.until("the walk saw the same, and the store was quiet meanwhile",
                                             lambda: accounts(escalation), 60)
    assert broken >= 3 and opened >= 4, (opened, kept, broken, released)
    assert escalation.metric("buckstop_promises_unbalanced") == 0 and escalation.metric("buckstop_orphans") == 0
    keys = world.redis.keys("b:{*}:n:desk")
    world.redis.hincrby(keys[0], "opened", 2)  # as if two had been lost
    w.until("two are missing",
            lambda: "buckstop_promises_unaccounted 2\n" in escalation.ask("/metrics").body.decode(), 60)
    world.redis.hincrby(keys[0], "opened", -2)


def states_are_counted(stack):
    world = w.open_world(stack, POLICY)
    some_life(world)
    escalation = world["escalation"]

    def counts():
        text = escalation.ask("/metrics").body.decode()
        return {state: int(n) for state, n in re.findall(r'^buckstop_contacts\{state="(\w+)"\} (\d+)$', text, re.M)}

    w.until(lambda: f"all are counted: {counts()}", lambda: sum(counts().values()) == 4, 30)

    def listed():
        return dict(collections.Counter(contact["state"] for contact in world.contacts()))

    w.until(lambda: f"{counts()}, {listed()}", lambda: {k: v for k, v in counts().items() if v} == listed(), 30)
    assert escalation.metric("buckstop_contacts_overdue") >= 1
    assert world["routing"].metric("buckstop_people_present") == 1 and world["routing"].metric("buckstop_people_known") == 2


# ---- what is made of it


def promtool(*words):
    done = subprocess.run(["promtool", *words], cwd=PROMETHEUS, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def alerts_are_tested_and_have_a_paragraph(_stack):
    promtool("check", "config", "prometheus.yml")
    promtool("test", "rules", "rules_test.yml")
    with open(PROMETHEUS + "/rules.yml", encoding="utf-8") as file:
        rules = [rule for group in yaml.safe_load(file)["groups"] for rule in group["rules"]]
    alerts = {rule["alert"]: rule for rule in rules if "alert" in rule}
    with open(PROMETHEUS + "/RUNBOOK.md", encoding="utf-8") as file:
        paragraphs = re.findall(r"^### (\w+)\n(.+)$", file.read(), re.M)
    assert [name for name, _ in paragraphs] == list(alerts), set(alerts) ^ {name for name, _ in paragraphs}
    with open(PROMETHEUS + "/rules_test.yml", encoding="utf-8") as file:
        tests = yaml.safe_load(file)["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    for name, rule in alerts.items():
        fires = [bool(case.get("exp_alerts")) for case in cases if case["alertname"] == name]
        assert True in fires and False in fires, f"{name} is not tested both ways"
        assert rule["labels"]["severity"] in ("page", "ticket") and rule["annotations"]["runbook"].endswith("#" + name.lower())


def queries():
    with open(DASHBOARD, encoding="utf-8") as file:
        panels = json.load(file)["panels"]
    for panel in panels:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


def only_known_metrics_are_asked_for(_stack):
    rows = page()
    with open(PROMETHEUS + "/rules.yml", encoding="utf-8") as file:
        text = re.sub(r"^ *(summary|runbook|- record):.*$", "", file.read(), flags=re.M)
    asked = set(NAME.findall(text)) | {name for _, query in queries() for name in NAME.findall(query)}
    unknown = [name for name in asked if not family_of(name, rows) and name not in ("buckstop_", )]
    assert not unknown, unknown


class Prometheus:
    """A real one that scrapes a world each second."""

    def __init__(self, stack, world):
        self.port = free_port()
        config = world.dir + "/prometheus.yml"
        targets = [{"targets": [f"127.0.0.1:{service.health}"], "labels": {"namespace": "desk", "pod": service.name}}
                   for service in world.services.values()]
        with open(config, "w", encoding="utf-8") as file:
            yaml.safe_dump({"global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                            "rule_files": [PROMETHEUS + "/rules.yml"],
                            "scrape_configs": [{"job_name": "buckstop", "static_configs": targets}]}, file)
        self.log = open(world.dir + "/prometheus.log", "wb")
        self.process = subprocess.Popen(
            ["prometheus", "--config.file", config, "--storage.tsdb.path", world.dir + "/prometheus",
             "--web.listen-address", f"127.0.0.1:{self.port}"], stdout=self.log, stderr=self.log)
        stack.callback(self.close)
        w.until("prometheus answers", lambda: self.get("/-/ready", json_=False) is not None, 60)

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()

    def get(self, path, json_=True):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return json.load(answer) if json_ else answer.read()
        except OSError:
            return None

    def query(self, expression):
        answer = self.get("/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        return answer["data"]["result"] if answer else []


def unanswered(prometheus, window):
    """Of the dashboard's queries, with their panel's title."""
    asked = [(title, query.replace("$__rate_interval", window)) for title, query in queries()]
    return [f"{title}: {query}" for title, query in asked if not prometheus.query(query)]


def the_dashboard_is_answered_after_the_demo(stack):
    """The very play of `deploy/up --demo`, shorter; nothing else happens, and each panel has something to show."""
    with open(DEMO_POLICY, encoding="utf-8") as file:
        world = all_services(stack, policy=file.read().replace("workspace: demo", "workspace: desk"),
                             escalation=["--audit-every", "5", "--audit-rate", "10000"])
    prometheus = Prometheus(stack, world)
    server = f"http://127.0.0.1:{world['intake-1'].port}"
    played = subprocess.run(["/usr/bin/python3", DEMO, "--server", server, "--seconds", "10", "--limit", "60"],
                            env={**os.environ, "BUCKSTOP_TOKEN": world.token}, capture_output=True, text=True, timeout=150,
                            check=False)
    assert played.returncode == 0 and "60 contacts; promises: " in played.stdout, played.stdout + played.stderr
    w.until(lambda: "answered: " + json.dumps(unanswered(prometheus, "2m"), indent=1),
            lambda: not unanswered(prometheus, "2m"), 30)


def the_dashboard_is_answered(stack):
    """Each query, by a real Prometheus, after some work was done; and none of the alerts is raised by it."""
    world = all_services(stack, escalation=["--audit-every", "5", "--audit-rate", "10000"])
    prometheus = Prometheus(stack, world)
    some_life(world)
    up = 'sum(up{job="buckstop"})'
    w.until("all are scraped", lambda: any(row["value"][1] == str(len(world.services)) for row in prometheus.query(up)), 30)

    def answered():
        world.submit("mail")
        mail = b"From: kim@example.org\r\nTo: help@example.com\r\nSubject: hi\r\n\r\nhello\r\n"
        answer = world.ask("POST", "/v1/mail?channel=mail", mail, kind="message/rfc822")
        assert answer.status == 202, answer
        return not unanswered(prometheus, "30s")

    w.until(lambda: "answered: " + json.dumps(unanswered(prometheus, "30s"), indent=1), answered, 60)
    raised = {row["metric"]["alertname"] for row in prometheus.query('ALERTS{alertstate="firing"}')}
    assert not raised, raised


def scaled_by():
    """Metrics that an autoscaler asks of pods, and whose."""
    with open(AUTOSCALE, encoding="utf-8") as file:
        scalers = list(yaml.safe_load_all(file))
    return {metric["pods"]["metric"]["name"]: scaler["spec"]["scaleTargetRef"]["name"]
            for scaler in scalers for metric in scaler["spec"]["metrics"] if metric["type"] == "Pods"}


def adapter_rules():
    """What the adapter makes: name -> (series, the query for it, what it asks of them)."""
    with open(PROMETHEUS + "/adapter.yaml", encoding="utf-8") as file:
        given = yaml.safe_load(file)
    assert list(given) == ["rules"], list(given)
    made = {}
    for rule in given["rules"]:
        assert set(rule) - {"name"} == {"seriesQuery", "resources", "metricsQuery"} and rule["resources"] == OF_A_POD, rule
        series = re.fullmatch(r'(\w+)\{namespace!="",pod!=""\}', rule["seriesQuery"])[1]
        name = rule.get("name", {"as": series})
        assert list(name) == ["as"] and name["as"] not in made, name
        made[name["as"]] = series, rule["seriesQuery"], rule["metricsQuery"]
    return made


def as_asked(query, series, pods):
    """As the adapter asks it of some pods."""
    words = {"Series": series, "LabelMatchers": f'namespace="desk",pod=~"{"|".join(pods)}"', "GroupBy": "pod"}
    return re.sub(r"<<\.(\w+)>>", lambda found: words[found[1]], query)


def what_scales_by_an_age_is_answered(stack):
    """Each metric that an autoscaler names is made by a rule of the adapter, which a real Prometheus answers of each pod: quiet
    ones say 0, what is late is seen."""
    wanted, rules, rows = scaled_by(), adapter_rules(), page()
    assert wanted and set(wanted) == set(rules), (wanted, rules)
    world = w.open_world(stack, POLICY, replicas={"escalation": 2, "notification": 2})
    prometheus = Prometheus(stack, world)
    queries_of = {}
    for name, kind in wanted.items():
        series, found, query = rules[name]
        assert kind in rows[family_of(series, rows)][1], f"{kind} does not show {series}"
        pods = {service.name for service in world.services.values() if service.kind == kind}
        w.until(f"{found} is scraped", lambda q=found, p=pods: {row["metric"]["pod"] for row in prometheus.query(q)} == p, 30)
        queries_of[name] = as_asked(query, series, pods)
        quiet = [({"pod": pod}, "0") for pod in sorted(pods)]
        w.until(lambda q=queries_of[name]: f"{q}: {prometheus.query(q)}", lambda q=queries_of[name], p=quiet: p == sorted(
            ((row["metric"], row["value"][1]) for row in prometheus.query(q)), key=str), 30)
    some_life(world)
    unheard = world.submit("mail", return_way="callback", return_to="http://127.0.0.1:1/gone")
    w.until("it is owned", lambda: world.view(unheard).get("owner") == "ada", 10)
    assert world.act(unheard, "reply", "ada", text="here you are").status == 200
    for name, query in queries_of.items():
        w.until(lambda q=query: f"{q}: {prometheus.query(q)}",
                lambda q=query: any(float(row["value"][1]) > 0 for row in prometheus.query(q)), 30)


CASES = [every_service_speaks_strictly, nothing_of_the_table_is_missing, every_name_in_the_code_is_in_the_table,
         law_two_holds_over_the_whole_store, states_are_counted, alerts_are_tested_and_have_a_paragraph,
         only_known_metrics_are_asked_for, what_scales_by_an_age_is_answered, the_dashboard_is_answered,
         the_dashboard_is_answered_after_the_demo]

if __name__ == "__main__":
    sys.exit(w.main(CASES))
